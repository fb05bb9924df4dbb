/** The vocabulary that courses teach, answered in the words of this project, each with a scenario that shows it. */
import type { Words } from "./scenarios";

export interface Word {
  /** In both languages, with what else it is called. */
  name: Words;
  text: Words;
  /** A scenario that shows it. */
  scenario?: string;
}

const word = (en: string, bg: string, text: [string, string], scenario?: string): Word => ({
  name: { en, bg },
  text: { en: text[0], bg: text[1] },
  ...(scenario === undefined ? {} : { scenario }),
});

export const WORDS: Word[] = [
  word("Primary, replica, witness", "Първичен възел, реплика, свидетел (primary, replica, witness)", [
    "The primary is the node that may acknowledge writes; also called leader or master. A replica copies; also follower, standby, secondary. A witness votes and keeps no data; also arbiter or tiebreaker.",
    "Първичен е възелът, който може да потвърждава записи (leader, master). Репликата копира (follower, standby, secondary). Свидетелят гласува и не пази данни (arbiter, tiebreaker)."], "witness"),
  word("Epoch", "Епоха (epoch)", [
    "The number of a reign: one primary for each epoch, ever. Also term, view, ballot, timeline or generation. It is the fencing token as well.",
    "Номерът на едно управление: един първичен за епоха, завинаги. Още term, view, ballot, timeline, generation. Тя е и ограждащият токен."], "first-election"),
  word("Quorum", "Кворум (quorum)", [
    "A set of nodes that is enough to decide. Any two quorums share a node, so they cannot decide differently.",
    "Множество възли, което стига за решение. Всеки два кворума имат общ възел, затова не могат да решат различно."], "even-cluster"),
  word("Heartbeat", "Пулс (heartbeat)", [
    "What a primary sends to say that it is alive, here a beat. Silence starts an election; a beat that is answered renews the lease.",
    "Съобщението, с което първичният казва, че е жив (beat). Тишината започва избори; отговорен пулс подновява наема."], "lease-margin"),
  word("Split-brain", "Разцепление (split-brain)", [
    "Two machines that both take themselves for primary. It cannot always be avoided, since an old primary may be cut off; what must be avoided is that both can acknowledge.",
    "Две машини, които се смятат за първични. Не винаги може да се избегне, защото старият първичен може да е откъснат; трябва да се избегне двете да могат да потвърждават."], "minority-partition"),
  word("Fencing, STONITH", "Ограждане (fencing, STONITH)", [
    "Keeping an old primary from doing harm. By token: the resource refuses older epochs. By power: the machine is switched off first (“shoot the other node in the head”), and that must be confirmed.",
    "Да не се позволи на стария първичен да вреди. С токен: ресурсът отказва по-стари епохи. С ток: машината първо се изключва (“shoot the other node in the head”) и това трябва да бъде потвърдено."], "sleeping-primary"),
  word("Lease", "Наем (lease)", [
    "Permission that ends by itself. The holder counts from when it asked, the granter from when it answered, and the margin covers clocks that run apart.",
    "Разрешение, което изтича само. Държателят брои от искането, далият го – от отговора, а запасът покрива разминаването на часовниците."], "lease-margin"),
  word("Failover, automatic and manual", "Превключване, автоматично и ръчно (failover, switchover)", [
    "Automatic: a replica loses patience and is elected. Manual, planned: a switchover, in which the old primary hands over after the heir has caught up.",
    "Автоматично: реплика губи търпение и е избрана. Ръчно и планирано: предаване (switchover), при което старият първичен предава, след като наследникът го е настигнал."], "switchover"),
  word("Asynchronous, semi-synchronous, synchronous", "Асинхронна, полусинхронна, синхронна репликация", [
    "Whose flush makes a write acknowledged: the primary’s own alone; some of the replicas’ as well; that of all. Here that is one setting, the ack family, and the sets of nodes that may recover follow from it.",
    "Чий запис на диска прави един запис потвърден: само на първичния; и на част от репликите; на всички. Тук това е една настройка, а множествата за възстановяване следват от нея."], "semi-sync"),
  word("Commit, acknowledge", "Потвърждаване (commit, acknowledge)", [
    "A write is committed when an ack set has flushed it; acknowledged when the client was told. Told too early, it may be lost.",
    "Запис е утвърден, когато потвърждаващо множество го е запазило; потвърден, когато клиентът е уведомен. Уведомен твърде рано, може да го загуби."], "async-fallback"),
  word("Lag", "Изоставане (lag)", [
    "How far a replica is behind. It may be as large as it likes, as long as a primary is made only of those that have what was acknowledged.",
    "Колко е назад една реплика. Може да е колкото иска, стига първичен да стане само онзи, който има потвърденото."], "semi-sync"),
  word("Read-your-writes", "Четене на собствените записи (read-your-writes)", [
    "A client that wrote sees its write in every later read. A token, the position of the write, makes a lagging replica wait.",
    "Клиент, който е записал, вижда записа си при всяко следващо четене. Токен с позицията на записа кара изоставащата реплика да изчака."], "read-your-writes"),
  word("Phantom read", "Фантомно четене (phantom read)", [
    "A read of what is later lost, because it was visible before it was committed.",
    "Четене на нещо, което после се губи, защото е било видимо преди да е утвърдено."], "phantom"),
  word("Rewind", "Връщане назад (rewind)", [
    "Cutting from the log of an old primary what nobody was told of, so that it can follow the new one.",
    "Отрязване от дневника на стария първичен на онова, за което никой не е уведомен, за да може да последва новия."], "old-primary-returns"),
  word("RPO, RTO", "RPO, RTO", [
    "Recovery point objective: how much acknowledged work may be lost. Recovery time objective: how long until writes go on, which is the time to detect, decide, fence and promote.",
    "Recovery point objective: колко потвърдена работа може да се загуби. Recovery time objective: след колко време записите продължават – открий, реши, огради, повиши."], "objectives"),
  word("Nines", "Деветки (nines)", [
    "Availability as a share of time: three nines, 99.9 %, is 8.8 hours a year; four, 53 minutes; five, 5.3 minutes. The designer computes it for a cluster.",
    "Наличност като дял от времето: три деветки, 99,9 %, са 8,8 часа годишно; четири – 53 минути; пет – 5,3 минути. Проектантът я смята за даден клъстер."], "objectives"),
];
