; Election: at most one primary per epoch, for any number of nodes and epochs and any family of vote quorums.
;
; How to read a module (see README.md): `older+` would be the value of `older` after a step; what an action does not
; mention with a plus stays as it was. A guard marked `:rule` is the named rule of the code; `:breaks action/clause`
; names the obligation that fails when the rule is switched off.

(declare-sort Node 0)
(declare-sort Epoch 0)
(declare-sort Quorum 0)

; ---- what is assumed -----------------------------------------------------------------------------------------------

; Epochs are totally ordered.
(declare-fun older (Epoch Epoch) Bool)
(define-fun axiom.epochs-are-ordered () Bool
  (forall ((e Epoch) (f Epoch) (g Epoch))
    (and (not (older e e))
         (=> (and (older e f) (older f g)) (older e g))
         (or (older e f) (= e f) (older f e)))))

; A vote quorum is a set of nodes, whatever family they come from: majorities, weights, zones, with witnesses.
(declare-fun member (Node Quorum) Bool)

; Any two vote quorums share a node. `Votes::new` refuses every family of which this is not true.
(declare-fun meet (Quorum Quorum) Node)
(define-fun axiom.quorums-meet () Bool
  (! (forall ((p Quorum) (q Quorum))
       (and (member (meet p q) p) (member (meet p q) q)))
     :assumption quorums-meet :breaks safe/one-primary-per-epoch))

; ---- state ---------------------------------------------------------------------------------------------------------

; The ballot in memory: a node's epoch, and whom it voted for in that epoch.
(declare-fun epoch (Node) Epoch)
(declare-fun vote (Node Node) Bool)

; The images of a ballot: what a crash may leave. One is on disk, the others are in records not yet durable.
(declare-fun free-image (Node Epoch) Bool)
(declare-fun vote-image (Node Epoch Node) Bool)

; The role. A candidate has counted votes; a primary holds office by the votes of a quorum.
(declare-fun candidate (Node) Bool)
(declare-fun counted (Node Node) Bool)
(declare-fun primary (Node Quorum) Bool)

; What was ever sent: the network may lose, repeat, delay and reorder it, so that is all there is to say about it.
; `asked n e`: n asked for votes in e. `granted v e c`: v's vote for c in e was sent, or counted by v itself.
(declare-fun asked (Node Epoch) Bool)
(declare-fun granted (Node Epoch Node) Bool)

; Who ever won which epoch, by the votes of which quorum.
(declare-fun elected (Node Epoch Quorum) Bool)

; ---- words ---------------------------------------------------------------------------------------------------------

(define-fun not-newer ((e Epoch) (f Epoch)) Bool (or (older e f) (= e f)))

; No crash can make n forget that it voted for c in e, or that it is past e.
(define-fun kept ((n Node) (e Epoch) (c Node)) Bool
  (and (or (older e (epoch n)) (and (= e (epoch n)) (vote n c)))
       (forall ((x Epoch)) (=> (free-image n x) (older e x)))
       (forall ((x Epoch) (d Node)) (=> (vote-image n x d) (or (older e x) (and (= e x) (= c d)))))))

; The gate: n's vote for c in e is written, and every image is that vote or of a newer epoch.
(define-fun durable ((n Node) (e Epoch) (c Node)) Bool
  (and (vote-image n e c)
       (forall ((x Epoch)) (=> (free-image n x) (older e x)))
       (forall ((x Epoch) (d Node)) (=> (vote-image n x d) (or (older e x) (and (= e x) (= c d)))))))

; ---- the beginning -------------------------------------------------------------------------------------------------

; Nothing was ever said, nobody has a role, nobody has voted. Nodes may begin in different epochs.
(define-fun init.nothing-happened () Bool
  (and (forall ((n Node) (c Node)) (not (vote n c)))
       (forall ((n Node) (e Epoch)) (= (free-image n e) (= e (epoch n))))
       (forall ((n Node) (e Epoch) (c Node)) (not (vote-image n e c)))
       (forall ((n Node)) (not (candidate n)))
       (forall ((n Node) (c Node)) (not (counted n c)))
       (forall ((n Node) (q Quorum)) (not (primary n q)))
       (forall ((n Node) (e Epoch)) (not (asked n e)))
       (forall ((n Node) (e Epoch) (c Node)) (not (granted n e c)))
       (forall ((n Node) (e Epoch) (q Quorum)) (not (elected n e q)))))

; ---- actions -------------------------------------------------------------------------------------------------------

; n enters a newer epoch: no vote yet, no role.
(define-fun action.enter ((n Node) (e Epoch)) Bool
  (and (older (epoch n) e)
       (forall ((m Node)) (= (epoch+ m) (ite (= m n) e (epoch m))))
       (forall ((m Node) (c Node)) (= (vote+ m c) (and (not (= m n)) (vote m c))))
       (forall ((m Node)) (= (candidate+ m) (and (not (= m n)) (candidate m))))
       (! (forall ((m Node) (q Quorum)) (= (primary+ m q) (and (not (= m n)) (primary m q))))
          :rule adopting-steps-down :breaks enter/primary-was-elected
          :else (forall ((m Node) (q Quorum)) (= (primary+ m q) (primary m q))))))

; n stands for election: it raises its epoch and votes for itself.
(define-fun action.campaign ((n Node) (e Epoch)) Bool
  (and (! (older (epoch n) e)
          :rule campaign-raises-epoch :breaks campaign/candidate-wins-first
          :else (not-newer (epoch n) e))
       (forall ((m Node)) (= (epoch+ m) (ite (= m n) e (epoch m))))
       (forall ((m Node) (c Node)) (= (vote+ m c) (ite (= m n) (= c n) (vote m c))))
       (forall ((m Node)) (= (candidate+ m) (or (= m n) (candidate m))))
       (forall ((m Node) (c Node)) (= (counted+ m c) (and (not (= m n)) (counted m c))))
       (forall ((m Node) (q Quorum)) (= (primary+ m q) (and (not (= m n)) (primary m q))))))

; n votes for c, who asked for votes in n's epoch. A first vote ends n's own role.
(define-fun action.vote ((n Node) (c Node)) Bool
  (and (! (asked c (epoch n)) :guard votes-answer-requests :breaks vote/votes-were-asked-for)
       (! (forall ((d Node)) (=> (vote n d) (= d c)))
          :rule one-vote-per-epoch :breaks vote/granted-is-kept)
       (forall ((m Node) (d Node)) (= (vote+ m d) (ite (= m n) (= d c) (vote m d))))
       (forall ((m Node)) (= (candidate+ m) (and (not (= m n)) (candidate m))))
       (forall ((m Node) (q Quorum)) (= (primary+ m q) (and (not (= m n)) (primary m q))))))

; n writes its ballot; the record is not durable yet. One action for each form of the ballot.
(define-fun action.record-free ((n Node)) Bool
  (and (forall ((c Node)) (not (vote n c)))
       (forall ((m Node) (e Epoch))
         (= (free-image+ m e) (or (free-image m e) (and (= m n) (= e (epoch n))))))))

(define-fun action.record-vote ((n Node) (c Node)) Bool
  (and (vote n c)
       (forall ((m Node) (e Epoch) (d Node))
         (= (vote-image+ m e d) (or (vote-image m e d) (and (= m n) (= e (epoch n)) (= d c)))))))

; Some images of n become impossible: the disk has gone beyond them.
(define-fun action.flush ((n Node)) Bool
  (and (forall ((m Node) (e Epoch))
         (and (=> (free-image+ m e) (free-image m e))
              (=> (not (= m n)) (= (free-image+ m e) (free-image m e)))))
       (forall ((m Node) (e Epoch) (c Node))
         (and (=> (vote-image+ m e c) (vote-image m e c))
              (=> (not (= m n)) (= (vote-image+ m e c) (vote-image m e c)))))))

; n restarts with one of its images. Its role was volatile. One action for each form of the image.
(define-fun action.restart-free ((n Node) (e Epoch)) Bool
  (and (free-image n e)
       (forall ((m Node)) (= (epoch+ m) (ite (= m n) e (epoch m))))
       (forall ((m Node) (c Node)) (= (vote+ m c) (and (not (= m n)) (vote m c))))
       (forall ((m Node) (x Epoch)) (= (free-image+ m x) (ite (= m n) (= x e) (free-image m x))))
       (forall ((m Node) (x Epoch) (c Node)) (= (vote-image+ m x c) (and (not (= m n)) (vote-image m x c))))
       (forall ((m Node)) (= (candidate+ m) (and (not (= m n)) (candidate m))))
       (forall ((m Node) (q Quorum)) (= (primary+ m q) (and (not (= m n)) (primary m q))))))

(define-fun action.restart-vote ((n Node) (e Epoch) (c Node)) Bool
  (and (vote-image n e c)
       (forall ((m Node)) (= (epoch+ m) (ite (= m n) e (epoch m))))
       (forall ((m Node) (d Node)) (= (vote+ m d) (ite (= m n) (= d c) (vote m d))))
       (forall ((m Node) (x Epoch)) (= (free-image+ m x) (and (not (= m n)) (free-image m x))))
       (forall ((m Node) (x Epoch) (d Node))
         (= (vote-image+ m x d) (ite (= m n) (and (= x e) (= d c)) (vote-image m x d))))
       (! (forall ((m Node)) (= (candidate+ m) (and (not (= m n)) (candidate m))))
          :rule role-is-volatile :breaks restart-vote/candidate-wins-first
          :else (forall ((m Node)) (= (candidate+ m) (ite (= m n) (= c n) (candidate m)))))
       (forall ((m Node) (q Quorum)) (= (primary+ m q) (and (not (= m n)) (primary m q))))))

; n asks for votes in e. It may have gone on to a newer epoch since: what a newer campaign does not recall leaves
; late.
(define-fun action.ask ((n Node) (e Epoch)) Bool
  (and (! (durable n e n) :rule own-vote-after-durable :breaks ask/asked-is-kept
          :else (and (vote n n) (= e (epoch n))))
       (forall ((m Node) (x Epoch)) (= (asked+ m x) (or (asked m x) (and (= m n) (= x e)))))))

; n sends its vote for c in e; its own it hands to itself.
(define-fun action.grant ((n Node) (e Epoch) (c Node)) Bool
  (and (! (durable n e c) :rule vote-after-durable :breaks grant/granted-is-kept
          :else (and (vote n c) (= e (epoch n))))
       (forall ((v Node) (x Epoch) (d Node))
         (= (granted+ v x d) (or (granted v x d) (and (= v n) (= x e) (= d c)))))))

; The candidate n counts v's vote, which was given to it in epoch e.
(define-fun action.count ((n Node) (v Node) (e Epoch)) Bool
  (and (candidate n)
       (! (= e (epoch n)) :rule old-votes-do-not-count :breaks count/counted-were-granted)
       (! (granted v e n) :rule only-votes-count :breaks count/counted-were-granted)
       (forall ((m Node) (d Node)) (= (counted+ m d) (or (counted m d) (and (= m n) (= d v)))))))

; The candidate n has the votes of q.
(define-fun action.win ((n Node) (q Quorum)) Bool
  (and (candidate n)
       (! (forall ((v Node)) (=> (member v q) (counted n v)))
          :rule votes-from-quorum :breaks win/elected-by-votes)
       (forall ((m Node)) (= (candidate+ m) (and (not (= m n)) (candidate m))))
       (forall ((m Node) (p Quorum)) (= (primary+ m p) (ite (= m n) (= p q) (primary m p))))
       (forall ((m Node) (e Epoch) (p Quorum))
         (= (elected+ m e p) (or (elected m e p) (and (= m n) (= e (epoch n)) (= p q)))))))

; n gives up its role: as candidate, or as primary that hears no quorum.
(define-fun action.resign ((n Node)) Bool
  (and (forall ((m Node)) (= (candidate+ m) (and (not (= m n)) (candidate m))))
       (forall ((m Node) (q Quorum)) (= (primary+ m q) (and (not (= m n)) (primary m q))))))

; ---- the invariant -------------------------------------------------------------------------------------------------

; A ballot holds one vote.
(define-fun inv.one-vote () Bool
  (forall ((n Node) (c Node) (d Node)) (=> (and (vote n c) (vote n d)) (= c d))))

; What a crash leaves is the ballot in memory or an older one. Within an epoch the vote changes once.
(define-fun inv.images-are-past () Bool
  (and (forall ((n Node) (e Epoch)) (=> (free-image n e) (not-newer e (epoch n))))
       (forall ((n Node) (e Epoch) (c Node))
         (=> (vote-image n e c) (or (older e (epoch n)) (and (= e (epoch n)) (vote n c)))))))

; Who asked for votes in an epoch never forgets that its own vote there is given.
(define-fun inv.asked-is-kept () Bool
  (forall ((n Node) (e Epoch)) (=> (asked n e) (kept n e n))))

; A vote in flight is never forgotten by the voter.
(define-fun inv.granted-is-kept () Bool
  (forall ((v Node) (e Epoch) (c Node)) (=> (granted v e c) (kept v e c))))

; A vote for another is given only to who asked for it.
(define-fun inv.votes-were-asked-for () Bool
  (and (forall ((n Node) (c Node)) (=> (and (vote n c) (not (= n c))) (asked c (epoch n))))
       (forall ((n Node) (e Epoch) (c Node)) (=> (and (vote-image n e c) (not (= n c))) (asked c e)))
       (forall ((n Node) (e Epoch) (c Node)) (=> (and (granted n e c) (not (= n c))) (asked c e)))))

; A node grants one vote per epoch.
(define-fun inv.granted-once () Bool
  (forall ((v Node) (e Epoch) (c Node) (d Node)) (=> (and (granted v e c) (granted v e d)) (= c d))))

; A candidate has voted for itself.
(define-fun inv.candidate-has-own-vote () Bool
  (forall ((n Node)) (=> (candidate n) (vote n n))))

; What a candidate has counted was granted to it in its epoch.
(define-fun inv.counted-were-granted () Bool
  (forall ((n Node) (v Node)) (=> (and (candidate n) (counted n v)) (granted v (epoch n) n))))

; Who won has the votes of the quorum it won by.
(define-fun inv.elected-by-votes () Bool
  (forall ((n Node) (e Epoch) (q Quorum) (v Node))
    (=> (and (elected n e q) (member v q)) (granted v e n))))

; A candidate has not yet won its epoch: a restarted winner does not win it again.
(define-fun inv.candidate-wins-first () Bool
  (forall ((n Node) (q Quorum)) (=> (candidate n) (not (elected n (epoch n) q)))))

; A primary won the epoch it is in.
(define-fun inv.primary-was-elected () Bool
  (forall ((n Node) (q Quorum)) (=> (primary n q) (elected n (epoch n) q))))

; ---- what it is all for --------------------------------------------------------------------------------------------

; An epoch is won by one node, ever.
(define-fun safe.one-primary-per-epoch () Bool
  (forall ((n Node) (m Node) (e Epoch) (p Quorum) (q Quorum))
    (=> (and (elected n e p) (elected m e q)) (= n m))))

; An epoch is won once: whoever can win it now is the first. So it is led by one incarnation.
(define-fun safe.one-incarnation-per-epoch () Bool
  (forall ((n Node) (m Node) (p Quorum) (q Quorum))
    (=> (and (candidate n) (forall ((v Node)) (=> (member v q) (counted n v))))
        (not (elected m (epoch n) p)))))

; Two primaries are never in the same epoch.
(define-fun safe.primaries-differ-in-epoch () Bool
  (forall ((n Node) (m Node) (p Quorum) (q Quorum))
    (=> (and (primary n p) (primary m q) (= (epoch n) (epoch m))) (= n m))))

; Every vote in flight or counted is on disk: no crash leaves a ballot from which the node could vote again.
(define-fun safe.votes-are-durable () Bool
  (forall ((v Node) (e Epoch) (c Node) (x Epoch) (d Node))
    (=> (granted v e c)
        (and (=> (free-image v x) (older e x))
             (=> (vote-image v e d) (= d c))))))

; ---- what must be possible, so that nothing is proved of an empty system -------------------------------------------

; Two nodes won two epochs, and a third stands for a third.
(define-fun show.two-epochs-were-won () Bool
  (exists ((a Node) (b Node) (c Node) (q Quorum) (e Epoch) (f Epoch))
    (and (not (= a b)) (not (= b c)) (not (= a c)) (older e f)
         (elected a e q) (primary b q) (= (epoch b) f) (candidate c) (older f (epoch c)))))
