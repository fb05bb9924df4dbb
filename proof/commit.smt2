; Commit: what was acknowledged is in the log of every later primary, for any number of nodes, epochs and entries and
; any families of ack and recovery sets of which each later recovery set meets each earlier ack set.
;
; How to read a module (see README.md): `end+` would be the value of `end` after a step; what an action does not
; mention with a plus stays as it was. A guard marked `:rule` is the named rule of the code; `:breaks action/clause`
; names the obligation that fails when the rule is switched off.

(declare-sort Node 0)
(declare-sort Epoch 0)
(declare-sort Index 0)
(declare-sort AckSet 0)
(declare-sort RecoverySet 0)

; ---- what is assumed -----------------------------------------------------------------------------------------------

; Epochs are totally ordered. Epoch `zero` is the beginning: an empty log that every node has accepted.
(declare-fun older (Epoch Epoch) Bool)
(declare-fun zero () Epoch)
(define-fun axiom.epochs-are-ordered () Bool
  (forall ((e Epoch) (f Epoch) (g Epoch))
    (and (not (older e e))
         (=> (and (older e f) (older f g)) (older e g))
         (or (older e f) (= e f) (older f e))
         (not (older e zero)))))

; Indices, which are lengths too, are totally ordered from `nil` on.
(declare-fun below (Index Index) Bool)
(declare-fun nil () Index)
(define-fun axiom.indices-are-ordered () Bool
  (forall ((i Index) (j Index) (k Index))
    (and (not (below i i))
         (=> (and (below i j) (below j k)) (below i k))
         (or (below i j) (= i j) (below j i))
         (not (below i nil)))))

; Which ack sets make a write durable in an epoch, and from which recovery sets its primary may recover. They may
; differ from epoch to epoch, and within one.
(declare-fun acker (Node AckSet) Bool)
(declare-fun recoverer (Node RecoverySet) Bool)
(declare-fun acks (AckSet Epoch) Bool)
(declare-fun recovers (RecoverySet Epoch) Bool)

; Every ack set of an epoch meets every recovery set of a later one. For a fixed configuration this is what a recovery
; set is: no ack set fits into its complement (`Acks::recovers`). Through changes of the configuration it is the
; invariant `ack-and-recovery-intersect`, which is checked by other means.
(declare-fun meet (AckSet RecoverySet) Node)
(define-fun axiom.ack-and-recovery-intersect () Bool
  (! (forall ((a AckSet) (r RecoverySet) (e Epoch) (f Epoch))
       (=> (and (older e f) (acks a e) (recovers r f))
           (and (acker (meet a r) a) (recoverer (meet a r) r))))
     :assumption ack-and-recovery-intersect :breaks begin/choosable-is-inherited))

; ---- state of the epochs -------------------------------------------------------------------------------------------

; An epoch has begun when its primary has marked where it starts. Its log is what that primary had, or has, in memory:
; `entry t i w`: the entry at index i in the log of t was written by epoch w. An epoch has one primary, which writes
; an index once, so (writer, index) is the entry. The log stays a fact when the primary is gone.
(declare-fun begun (Epoch) Bool)
(declare-fun start (Epoch) Index)
(declare-fun end (Epoch) Index)
(declare-fun entry (Epoch Index Epoch) Bool)

; `shared t u i`: the logs of t and u both have i entries and agree on them.
(declare-fun shared (Epoch Epoch Index) Bool)

; `label t j x`: by the history of t, its first j entries are a log accepted under x: their position is (x, j).
(declare-fun label (Epoch Index Epoch) Bool)

; From which recovery set the primary of an epoch recovered.
(declare-fun recovery (Epoch) RecoverySet)

; `committed t m a`: the primary of t committed the first m entries of its log, with the acknowledgements of a.
(declare-fun committed (Epoch Index AckSet) Bool)

; ---- state of the nodes --------------------------------------------------------------------------------------------

; `image n x j`: a crash may leave n with a log of position (x, j): the first j entries of the log of x. One image is
; on disk, the others are in records not yet durable, the newest is the log in memory.
(declare-fun image (Node Epoch Index) Bool)

; n's disk says that it promised an epoch newer than t: it accepts nothing of t any more, whatever happens.
(declare-fun left (Node Epoch) Bool)

; What was ever sent. `acked n t j`: n acknowledged, to the primary of t, at least j entries. `promised t n`: n
; promised t. `reported t n x j`: it said then that its position was (x, j). `covered t n x j`: whatever it said then,
; it said at least (x, j).
(declare-fun acked (Node Epoch Index) Bool)
(declare-fun promised (Epoch Node) Bool)
(declare-fun reported (Epoch Node Epoch Index) Bool)
(declare-fun covered (Epoch Node Epoch Index) Bool)

; ---- words ---------------------------------------------------------------------------------------------------------

(define-fun not-below ((i Index) (j Index)) Bool (or (below j i) (= i j)))
(define-fun not-newer ((e Epoch) (f Epoch)) Bool (or (older e f) (= e f)))

; Positions are compared by epoch, then by length.
(define-fun reaches ((x Epoch) (j Index) (y Epoch) (k Index)) Bool
  (or (older y x) (and (= y x) (not-below j k))))

; (x, j) is the position of a log: x has begun and has so many entries, and the start of x is among them.
(define-fun position ((x Epoch) (j Index)) Bool
  (and (begun x) (not-below j (start x)) (not-below (end x) j)))

; No member of a has refused the first m entries of t: each acknowledged them, or may still come to.
(define-fun unrefused ((a AckSet) (t Epoch) (m Index)) Bool
  (forall ((n Node)) (=> (acker n a) (or (acked n t m) (not (left n t))))))

; The ack set a may still commit, or has committed, the first m entries of t.
(define-fun choosable ((a AckSet) (t Epoch) (m Index)) Bool
  (and (begun t) (acks a t) (not-below m (start t)) (unrefused a t m)))

; r is a recovery set of t, and each member promised t.
(define-fun revoked ((t Epoch) (r RecoverySet)) Bool
  (and (! (recovers r t) :rule recovery-set-reached :breaks begin/choosable-is-inherited)
       (! (forall ((n Node)) (=> (recoverer n r) (promised t n)))
          :guard recovery-set-promised :breaks begin/choosable-is-inherited)))

; (x, j) is at least what each member of r reported to t.
(define-fun best ((t Epoch) (r RecoverySet) (x Epoch) (j Index)) Bool
  (! (forall ((n Node) (y Epoch) (k Index))
       (=> (and (recoverer n r) (covered t n y k)) (reaches x j y k)))
     :rule best-position-wins :breaks begin/choosable-is-inherited
     :else (forall ((n Node) (y Epoch) (k Index))
       (=> (and (recoverer n r) (covered t n y k)) (not-below j k)))))

; n itself reported (y, i) to t, at least what each member of r did, and (x, j) is what n has of it by now.
(define-fun own-best ((n Node) (t Epoch) (r RecoverySet) (y Epoch) (i Index) (x Epoch) (j Index)) Bool
  (and (reported t n y i)
       (best t r y i)
       (! (image n x j) :guard begins-with-what-it-has :breaks begin/choosable-is-inherited)))

; (x, k) is a log that n may begin t with: the best one of the recovery set r. Or, if n's own report (y, i) is the
; best after a donor was lost, what n has by then, which may be less than it reported.
(define-fun inherits ((n Node) (t Epoch) (r RecoverySet) (y Epoch) (i Index) (x Epoch) (k Index)) Bool
  (and (position x k)
       (older x t)
       (revoked t r)
       (or (best t r x k) (own-best n t r y i x k))))

; A log of j entries that begins like the log of x keeps everything the log (y, k) shares with the first m entries of
; x.
(define-fun keeps-shared ((y Epoch) (k Index) (x Epoch) (m Index) (j Index)) Bool
  (forall ((i Index))
    (=> (and (shared y x i) (not-below k i) (not-below m i)) (not-below j i))))

; ---- the beginning -------------------------------------------------------------------------------------------------

(define-fun init.nothing-happened () Bool
  (and (forall ((t Epoch)) (= (begun t) (= t zero)))
       (= (start zero) nil)
       (= (end zero) nil)
       (forall ((t Epoch) (i Index) (w Epoch)) (not (entry t i w)))
       (forall ((t Epoch) (u Epoch) (i Index))
         (= (shared t u i) (and (= t zero) (= u zero) (= i nil))))
       (forall ((t Epoch) (j Index) (x Epoch)) (= (label t j x) (and (= t zero) (= x zero))))
       (forall ((t Epoch) (m Index) (a AckSet)) (not (committed t m a)))
       (forall ((n Node) (x Epoch) (j Index)) (= (image n x j) (and (= x zero) (= j nil))))
       (forall ((n Node) (t Epoch)) (not (left n t)))
       (forall ((n Node) (t Epoch) (j Index)) (not (acked n t j)))
       (forall ((t Epoch) (n Node)) (not (promised t n)))
       (forall ((t Epoch) (n Node) (x Epoch) (j Index)) (not (reported t n x j)))
       (forall ((t Epoch) (n Node) (x Epoch) (j Index)) (not (covered t n x j)))))

; ---- actions -------------------------------------------------------------------------------------------------------

; n's disk gets to epoch t.
(define-fun action.leave ((n Node) (t Epoch)) Bool
  (forall ((m Node) (s Epoch)) (= (left+ m s) (or (left m s) (and (= m n) (older s t))))))

; n promises t and reports a position: no crash leaves it with less, unless t has begun and nobody asks any more.
; Asked again it may report another; the least one counts.
(define-fun action.promise ((n Node) (t Epoch) (x Epoch) (j Index)) Bool
  (and (image n x j)
       (! (or (begun t) (forall ((y Epoch) (k Index)) (=> (image n y k) (reaches y k x j))))
          :rule promise-after-durable :breaks promise/images-keep-reported)
       (! (forall ((m Node) (s Epoch)) (= (left+ m s) (or (left m s) (and (= m n) (older s t)))))
          :rule promise-after-durable :breaks promise/promised-has-left
          :else (forall ((m Node) (s Epoch)) (= (left+ m s) (left m s))))
       (forall ((u Epoch) (m Node)) (= (promised+ u m) (or (promised u m) (and (= u t) (= m n)))))
       (forall ((u Epoch) (m Node) (y Epoch) (k Index))
         (= (reported+ u m y k) (or (reported u m y k) (and (= u t) (= m n) (= y x) (= k j)))))
       (forall ((u Epoch) (m Node) (y Epoch) (k Index))
         (= (covered+ u m y k)
            (ite (and (= u t) (= m n))
                 (and (reaches x j y k) (or (covered u m y k) (not (promised u m))))
                 (covered u m y k))))))

; The primary of t, on its way to the log (x, k), the best one of the recovery set r, has cut its own log (y, i) back
; and fetched a part: now it has the first j entries of the log of x, labelled as the history of x says.
(define-fun action.take-over
    ((n Node) (t Epoch) (r RecoverySet) (x Epoch) (k Index) (y Epoch) (i Index) (j Index) (z Epoch)) Bool
  (and (! (not (begun t)) :guard takes-over-before-it-begins :breaks take-over/images-keep-choosable)
       (! (not (left n t)) :rule adopting-steps-down :breaks take-over/images-keep-choosable)
       (position x k)
       (older x t)
       (revoked t r)
       (best t r x k)
       (image n y i)
       (not-below k j)
       (! (keeps-shared y i x k j) :guard shared-is-kept :breaks take-over/images-keep-choosable)
       (! (label x j z) :rule accepted-from-start :breaks take-over/images-are-logs :else (= z x))
       (forall ((m Node) (u Epoch) (h Index))
         (= (image+ m u h) (or (image m u h) (and (= m n) (= u z) (= h j)))))))

; n, the primary of t, marks the start of its epoch at the end of the log (x, k) that it inherits.
(define-fun action.begin ((n Node) (t Epoch) (r RecoverySet) (y Epoch) (i Index) (x Epoch) (k Index)) Bool
  (and (! (not (begun t)) :assumption one-primary-per-epoch :breaks begin/acked-are-written)
       (inherits n t r y i x k)
       (forall ((u Epoch)) (= (begun+ u) (or (begun u) (= u t))))
       (forall ((u Epoch)) (= (start+ u) (ite (= u t) k (start u))))
       (forall ((u Epoch)) (= (end+ u) (ite (= u t) k (end u))))
       (forall ((u Epoch)) (= (recovery+ u) (ite (= u t) r (recovery u))))
       (forall ((u Epoch) (i Index) (w Epoch))
         (= (entry+ u i w) (ite (= u t) (and (below i k) (entry x i w)) (entry u i w))))
       (forall ((u Epoch) (v Epoch) (i Index))
         (= (shared+ u v i)
            (ite (= u t) (and (not-below k i) (or (= v t) (shared x v i)))
                 (ite (= v t) (and (not-below k i) (shared u x i)) (shared u v i)))))
       (forall ((u Epoch) (i Index) (w Epoch))
         (= (label+ u i w) (ite (= u t) (ite (below i k) (label x i w) (= w t)) (label u i w))))))

; The primary of t appends to its log, up to the length j.
(define-fun action.append ((t Epoch) (j Index)) Bool
  (and (begun t)
       (below (end t) j)
       (forall ((u Epoch)) (= (end+ u) (ite (= u t) j (end u))))
       (forall ((u Epoch) (i Index) (w Epoch))
         (= (entry+ u i w)
            (or (entry u i w) (and (= u t) (= w t) (not-below i (end t)) (below i j)))))
       (forall ((u Epoch) (v Epoch) (i Index))
         (= (shared+ u v i) (or (shared u v i) (and (= u t) (= v t) (not-below j i)))))))

; n, whose log was (y, i), writes the first j entries of the log of t, labelled as the history of t says. So do
; replicas, and the primary itself when it begins and appends.
(define-fun action.write ((n Node) (t Epoch) (y Epoch) (i Index) (j Index) (z Epoch)) Bool
  (and (begun t)
       (! (not (left n t)) :rule old-appends-are-refused :breaks write/images-keep-choosable)
       (image n y i)
       (not-below (end t) j)
       (! (keeps-shared y i t (end t) j) :rule appends-never-shorten :breaks write/images-keep-choosable)
       (! (label t j z) :rule accepted-from-start :breaks write/images-are-logs :else (= z t))
       (forall ((m Node) (u Epoch) (h Index))
         (= (image+ m u h) (or (image m u h) (and (= m n) (= u z) (= h j)))))))

; Some images of n become impossible: the disk has gone beyond them, or a crash took them.
(define-fun action.flush ((n Node)) Bool
  (forall ((m Node) (x Epoch) (j Index))
    (and (=> (image+ m x j) (image m x j))
         (=> (not (= m n)) (= (image+ m x j) (image m x j))))))

; n acknowledges j entries of the log of t. From the start of t on that means: no crash leaves n with less. An
; acknowledgement below the start says nothing that matters.
(define-fun action.ack ((n Node) (t Epoch) (j Index)) Bool
  (and (begun t)
       (! (not (left n t)) :rule old-appends-are-refused :breaks ack/promise-reports-choosable)
       (not-below (end t) j)
       (! (forall ((x Epoch) (k Index)) (=> (and (not-below j (start t)) (image n x k)) (reaches x k t j)))
          :rule ack-after-flush :breaks ack/images-keep-choosable)
       (forall ((m Node) (s Epoch)) (= (left+ m s) (or (left m s) (and (= m n) (older s t)))))
       (forall ((m Node) (u Epoch) (i Index))
         (= (acked+ m u i) (or (acked m u i) (and (= m n) (= u t) (not-below j i)))))))

; The primary of t commits m entries, acknowledged to epoch u by the ack set a.
(define-fun action.commit ((t Epoch) (m Index) (a AckSet) (u Epoch)) Bool
  (and (begun t)
       (! (acks a t) :guard ack-set-of-the-epoch :breaks commit/committed-is-choosable)
       (! (not-below m (start t)) :rule commit-from-start :breaks commit/committed-is-choosable)
       (! (= u t) :rule old-acks-do-not-count :breaks commit/committed-is-choosable)
       (forall ((n Node)) (=> (acker n a) (acked n u m)))
       (forall ((v Epoch) (i Index) (b AckSet))
         (= (committed+ v i b) (or (committed v i b) (and (= v t) (= i m) (= b a)))))))

; ---- the invariant -------------------------------------------------------------------------------------------------

; Epoch zero has begun at the beginning; every other one has begun after those it inherits from, and its log is at
; least as long as its start.
(define-fun inv.logs-reach-their-start () Bool
  (and (begun zero) (= (start zero) nil)
       (forall ((t Epoch)) (=> (begun t) (not-below (end t) (start t))))))

; Below its start a log has entries of older epochs, from its start on its own.
(define-fun inv.start-separates-writers () Bool
  (forall ((t Epoch) (i Index) (w Epoch))
    (=> (and (begun t) (entry t i w))
        (and (below i (end t))
             (=> (below i (start t)) (older w t))
             (=> (not-below i (start t)) (= w t))))))

; Up to an entry, a log is the log of the epoch that wrote the entry.
(define-fun inv.entries-come-with-their-past () Bool
  (forall ((t Epoch) (i Index) (w Epoch))
    (=> (and (begun t) (entry t i w))
        (and (begun w) (not-below i (start w)) (below i (end w))
             (forall ((k Index) (v Epoch)) (=> (not-below i k) (= (entry t k v) (entry w k v))))))))

; What two logs share is in both, and is the same in both.
(define-fun inv.shared-is-equal () Bool
  (forall ((t Epoch) (u Epoch) (i Index))
    (=> (shared t u i)
        (and (begun t) (begun u) (not-below (end t) i) (not-below (end u) i)
             (forall ((k Index) (w Epoch)) (=> (below k i) (= (entry t k w) (entry u k w))))))))

; Sharing so many entries is an equivalence of logs, and who shares more shares less.
(define-fun inv.sharing-is-equivalence () Bool
  (and (forall ((t Epoch) (i Index)) (=> (and (begun t) (not-below (end t) i)) (shared t t i)))
       (forall ((t Epoch) (u Epoch) (i Index)) (=> (shared t u i) (shared u t i)))
       (forall ((t Epoch) (u Epoch) (v Epoch) (i Index))
         (=> (and (shared t u i) (shared u v i)) (shared t v i)))
       (forall ((t Epoch) (u Epoch) (i Index) (j Index))
         (=> (and (shared t u i) (not-below i j)) (shared t u j)))))

; A label tells the truth: from the start of t on it is t itself; before, the first j entries of t are the first j of
; the epoch they are labelled with, and its start is among them.
(define-fun inv.labels-are-positions () Bool
  (forall ((t Epoch) (j Index) (x Epoch))
    (=> (and (begun t) (label t j x))
        (and (=> (not-below j (start t)) (= x t))
             (=> (not-below (end t) j) (and (position x j) (shared t x j) (not-newer x t)))))))

; The log of a node is the beginning of the log of the epoch it accepted, and reaches its start.
(define-fun inv.images-are-logs () Bool
  (forall ((n Node) (x Epoch) (j Index)) (=> (image n x j) (position x j))))

; What was acknowledged was written, by a node that had left every older epoch.
(define-fun inv.acked-are-written () Bool
  (forall ((n Node) (t Epoch) (j Index))
    (=> (acked n t j)
        (and (begun t) (not-below (end t) j)
             (forall ((s Epoch)) (=> (older s t) (left n s)))))))

; Who promised an epoch has left every older one, for good.
(define-fun inv.promised-has-left () Bool
  (forall ((t Epoch) (n Node) (s Epoch)) (=> (and (promised t n) (older s t)) (left n s))))

; What a member of an ack set acknowledged stays in its log while that ack set may still commit it.
(define-fun inv.images-keep-choosable () Bool
  (forall ((a AckSet) (t Epoch) (m Index))
    (=> (choosable a t m)
        (forall ((n Node) (x Epoch) (j Index))
          (=> (and (acker n a) (acked n t m) (image n x j)) (reaches x j t m))))))

; A promise reports everything acknowledged before that may still be committed.
(define-fun inv.promise-reports-choosable () Bool
  (forall ((a AckSet) (t Epoch) (m Index))
    (=> (choosable a t m)
        (forall ((n Node) (u Epoch))
          (=> (and (promised u n) (older t u) (acker n a) (acked n t m)) (covered u n t m))))))

; What was reported to an epoch was the position of a log, and with it everything that is covered was promised.
(define-fun inv.reported-are-positions () Bool
  (and (forall ((t Epoch) (n Node) (x Epoch) (j Index))
         (=> (reported t n x j) (and (promised t n) (position x j))))
       (forall ((t Epoch) (n Node) (x Epoch) (j Index)) (=> (covered t n x j) (promised t n)))))

; What a node reported to an epoch that has not begun stays in its log while it may still be committed.
(define-fun inv.images-keep-reported () Bool
  (forall ((a AckSet) (s Epoch) (m Index))
    (=> (choosable a s m)
        (forall ((n Node) (t Epoch) (y Epoch) (i Index) (x Epoch) (j Index))
          (=> (and (not (begun t)) (reported t n y i) (older s t) (reaches y i s m) (image n x j))
              (reaches x j s m))))))

; A primary has recovered from a recovery set that promised.
(define-fun inv.begun-has-recovered () Bool
  (forall ((t Epoch))
    (=> (and (begun t) (not (= t zero)))
        (and (recovers (recovery t) t)
             (forall ((n Node)) (=> (recoverer n (recovery t)) (promised t n)))))))

; What may still be committed is in the log of every later epoch, below its start, and labelled so that whoever has it
; there is not taken for older.
(define-fun inv.choosable-is-inherited () Bool
  (forall ((a AckSet) (t Epoch) (m Index) (u Epoch))
    (=> (and (choosable a t m) (begun u) (older t u))
        (and (shared t u m)
             (not-below (start u) m)
             (forall ((j Index) (x Epoch)) (=> (and (not-below j m) (label u j x)) (not-newer t x)))))))

; What is committed is acknowledged by an ack set, from the start of the epoch on; so it may be committed.
(define-fun inv.committed-is-choosable () Bool
  (forall ((t Epoch) (m Index) (a AckSet))
    (=> (committed t m a)
        (and (begun t) (acks a t) (not-below m (start t))
             (forall ((n Node)) (=> (acker n a) (acked n t m)))))))

; ---- what it is all for --------------------------------------------------------------------------------------------

; What is committed is in the log of every later primary, entry by entry.
(define-fun safe.acked-writes-survive () Bool
  (forall ((t Epoch) (m Index) (a AckSet) (u Epoch) (i Index) (w Epoch))
    (=> (and (committed t m a) (begun u) (older t u) (below i m))
        (and (below i (start u)) (= (entry t i w) (entry u i w))))))

; Of two committed logs one is the beginning of the other.
(define-fun safe.commits-are-ordered () Bool
  (forall ((t Epoch) (m Index) (a AckSet) (u Epoch) (k Index) (b AckSet))
    (=> (and (committed t m a) (committed u k b) (older t u))
        (and (shared t u m) (not-below k m)))))

; What is committed is on the disk of every member of an ack set, whatever a crash leaves.
(define-fun safe.committed-is-on-disks () Bool
  (forall ((t Epoch) (m Index) (a AckSet) (n Node) (x Epoch) (j Index))
    (=> (and (committed t m a) (acker n a) (image n x j))
        (and (shared t x m) (not-below j m)))))

; Two logs that have the same entry at an index agree on everything before it.
(define-fun safe.log-matching () Bool
  (forall ((t Epoch) (u Epoch) (i Index) (w Epoch) (k Index) (v Epoch))
    (=> (and (begun t) (begun u) (entry t i w) (entry u i w) (below k i))
        (= (entry t k v) (entry u k v)))))

; ---- what must be possible, so that nothing is proved of an empty system -------------------------------------------

; Epoch t committed something of its own and wrote more; a later epoch u kept the one without the other, and committed
; something of its own.
(define-fun show.a-failover-kept-a-write () Bool
  (exists ((t Epoch) (u Epoch) (a AckSet) (b AckSet) (m Index) (k Index) (n Node) (o Node))
    (and (older zero t) (older t u) (acker n a) (acker o b)
         (committed t m a) (below (start t) m) (below m (end t))
         (committed u k b) (below (start u) k)
         (not (shared t u (end t))))))

; ---- how it is proved: steps on the way ----------------------------------------------------------------------------

; A lemma follows from the invariant, and serves in its proof. A `hint.` says what is enough for an obligation, where
; the solvers would be long in finding out, and `:opaque` which words may mean anything there. A hint says nothing but
; what is proved: clauses, and lemmas; a lemma rests only on those before it.

; A log whose position reaches what may still be committed contains it.
(define-fun lemma.who-reaches-has () Bool
  (forall ((a AckSet) (s Epoch) (m Index) (x Epoch) (k Index))
    (=> (and (choosable a s m) (position x k) (reaches x k s m))
        (and (shared s x m) (not-below k m)))))

; So it shares that with every other log that contains it.
(define-fun lemma.who-reaches-shares () Bool
  (forall ((a AckSet) (s Epoch) (m Index) (x Epoch) (k Index) (y Epoch))
    (=> (and (choosable a s m) (position x k) (reaches x k s m) (shared s y m))
        (and (shared x y m) (not-below k m)))))
(define-fun hint.lemma/who-reaches-shares () Bool (and lemma.who-reaches-has inv.sharing-is-equivalence))

; Whoever has so much of a later log, labelled as its history says, reaches it.
(define-fun lemma.labels-reach () Bool
  (forall ((a AckSet) (s Epoch) (m Index) (x Epoch) (j Index) (z Epoch))
    (=> (and (choosable a s m) (begun x) (not-newer s x) (not-below j m) (label x j z))
        (reaches z j s m))))

; The best log of a recovery set reaches everything that may still be committed below its epoch.
(define-fun lemma.best-reaches-choosable () Bool
  (forall ((t Epoch) (r RecoverySet) (x Epoch) (k Index) (a AckSet) (s Epoch) (m Index))
    (=> (and (revoked t r) (best t r x k) (older s t) (choosable a s m)) (reaches x k s m))))

; What a primary may begin with contains it.
(define-fun lemma.inherited-is-choosable () Bool
  (forall ((a AckSet) (s Epoch) (m Index))
    (=> (choosable a s m)
        (forall ((n Node) (t Epoch) (r RecoverySet) (y Epoch) (i Index) (x Epoch) (k Index))
          (=> (and (not (begun t)) (inherits n t r y i x k) (older s t))
              (and (shared s x m) (not-below k m) (not-newer s x)))))))
(define-fun hint.lemma/inherited-is-choosable () Bool
  (! (and lemma.best-reaches-choosable lemma.who-reaches-has inv.images-keep-reported)
     :opaque (unrefused revoked best)))

; An epoch that has not begun when a later one has will commit nothing: a recovery set met each of its ack sets.
(define-fun lemma.overtaken-is-refused () Bool
  (forall ((a AckSet) (t Epoch) (m Index) (u Epoch))
    (=> (and (not (begun t)) (begun u) (older t u) (acks a t)) (not (unrefused a t m)))))
(define-fun hint.lemma/overtaken-is-refused () Bool
  (and inv.logs-reach-their-start inv.begun-has-recovered inv.promised-has-left inv.acked-are-written))

; ---- how it is proved: what is enough for an action ----------------------------------------------------------------

(define-fun hint.begin/choosable-is-inherited () Bool
  (! (and inv.choosable-is-inherited lemma.inherited-is-choosable lemma.labels-reach lemma.overtaken-is-refused
          inv.logs-reach-their-start)
     :opaque (unrefused revoked best)))
(define-fun hint.begin/images-keep-reported () Bool
  (and inv.images-keep-reported inv.reported-are-positions inv.begun-has-recovered inv.promised-has-left
       inv.acked-are-written))
(define-fun hint.begin/images-keep-choosable () Bool
  (and inv.images-keep-choosable inv.acked-are-written))
(define-fun hint.take-over/images-keep-choosable () Bool
  (! (and inv.images-keep-choosable lemma.best-reaches-choosable lemma.who-reaches-has lemma.who-reaches-shares
          lemma.labels-reach inv.images-are-logs inv.acked-are-written)
     :opaque (unrefused revoked best)))
(define-fun hint.take-over/images-keep-reported () Bool
  (! (and inv.images-keep-reported lemma.best-reaches-choosable lemma.who-reaches-has lemma.who-reaches-shares
          lemma.labels-reach inv.images-are-logs inv.reported-are-positions inv.promised-has-left)
     :opaque (unrefused revoked best)))
(define-fun hint.write/images-keep-choosable () Bool
  (! (and inv.images-keep-choosable lemma.who-reaches-shares lemma.labels-reach inv.choosable-is-inherited
          inv.images-are-logs inv.acked-are-written inv.sharing-is-equivalence inv.logs-reach-their-start)
     :opaque (unrefused position)))
(define-fun hint.write/images-keep-reported () Bool
  (! (and inv.images-keep-reported lemma.who-reaches-shares lemma.labels-reach inv.choosable-is-inherited
          inv.images-are-logs inv.reported-are-positions inv.promised-has-left inv.logs-reach-their-start)
     :opaque (unrefused position)))
(define-fun hint.promise/images-keep-choosable () Bool inv.images-keep-choosable)
(define-fun hint.promise/images-keep-reported () Bool inv.images-keep-reported)
(define-fun hint.ack/images-keep-choosable () Bool inv.images-keep-choosable)
(define-fun hint.ack/images-keep-reported () Bool inv.images-keep-reported)
(define-fun hint.ack/promise-reports-choosable () Bool
  (and inv.promise-reports-choosable inv.promised-has-left))
(define-fun hint.ack/choosable-is-inherited () Bool
  (and inv.choosable-is-inherited inv.begun-has-recovered inv.promised-has-left))
(define-fun hint.append/sharing-is-equivalence () Bool
  (and inv.sharing-is-equivalence inv.shared-is-equal))
