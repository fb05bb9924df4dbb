/* EL(3, T), the election of `src/election.rs`, in Promela.
 *
 * Each step of the actors is one `d_step`, so that Spin stores the same states: the nodes, and which messages
 * are in flight. A message is one bit: `ask[SRC][DST]` holds the terms in which SRC asked DST for its vote, and
 * so on. No message can be in flight twice, as each is sent at most once a term.
 *
 * The step is not taken where the delivery would change nothing: there the actor model ignores it as well.
 */

#ifndef T
#define T 4
#endif
#define N 3

#define FOLLOWER 0
#define CANDIDATE 1
#define LEADER 2
#define NOBODY 3

byte term[N];
byte role[N];
byte vote[N] = NOBODY;
byte votes[N];          /* whose votes a candidate has, one bit a node */
byte ask[9];            /* by sender * N + receiver, one bit a term */
byte give[9];
byte lead[9];

#define LINK(from, to)  ((from) * N + (to))
#define BIT(t)          (1 << ((t) - 1))
#define ENTER(t, whom)  term[me] = t; vote[me] = whom; role[me] = FOLLOWER; votes[me] = 0

/* More than half of three nodes: a candidate's own vote and one more. */
#define WON  (votes[me] == 3 || votes[me] == 5 || votes[me] == 6 || votes[me] == 7)

#define ASKED(from, t) \
  :: d_step { (from != me && (ask[LINK(from, me)] & BIT(t)) && \
       (t > term[me] || (t == term[me] && role[me] == FOLLOWER && vote[me] == NOBODY))) -> \
       ask[LINK(from, me)] = ask[LINK(from, me)] & ~BIT(t); \
       ENTER(t, from); \
       give[LINK(me, from)] = give[LINK(me, from)] | BIT(t) }

#define GIVEN(from, t) \
  :: d_step { (from != me && (give[LINK(from, me)] & BIT(t)) && t == term[me] && role[me] == CANDIDATE) -> \
       give[LINK(from, me)] = give[LINK(from, me)] & ~BIT(t); \
       votes[me] = votes[me] | (1 << from); \
       if \
       :: WON -> \
            role[me] = LEADER; votes[me] = 0; \
            lead[LINK(me, (me + 1) % N)] = lead[LINK(me, (me + 1) % N)] | BIT(t); \
            lead[LINK(me, (me + 2) % N)] = lead[LINK(me, (me + 2) % N)] | BIT(t); \
            assert(role[(me + 1) % N] != LEADER || term[(me + 1) % N] != t); \
            assert(role[(me + 2) % N] != LEADER || term[(me + 2) % N] != t) \
       :: else \
       fi }

#define LED(from, t) \
  :: d_step { (from != me && (lead[LINK(from, me)] & BIT(t)) && \
       (t > term[me] || (t == term[me] && role[me] == CANDIDATE))) -> \
       lead[LINK(from, me)] = lead[LINK(from, me)] & ~BIT(t); \
       if \
       :: t > term[me] -> ENTER(t, NOBODY) \
       :: else -> role[me] = FOLLOWER; votes[me] = 0 \
       fi }

#define FROM(from, t)  ASKED(from, t) GIVEN(from, t) LED(from, t)
#define DURING(t)      FROM(0, t) FROM(1, t) FROM(2, t)

active [N] proctype node()
{
  byte me = _pid;
end:
  do
  :: d_step { (term[me] < T && role[me] != LEADER) ->
       term[me] = term[me] + 1; vote[me] = me; role[me] = CANDIDATE; votes[me] = 1 << me;
       ask[LINK(me, (me + 1) % N)] = ask[LINK(me, (me + 1) % N)] | BIT(term[me]);
       ask[LINK(me, (me + 2) % N)] = ask[LINK(me, (me + 2) % N)] | BIT(term[me]) }
  DURING(1)
#if T >= 2
  DURING(2)
#endif
#if T >= 3
  DURING(3)
#endif
#if T >= 4
  DURING(4)
#endif
#if T >= 5
  DURING(5)
#endif
  od
}
