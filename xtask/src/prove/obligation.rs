//! The obligations of a module, as scripts for a solver.
//!
//! # Why these obligations are enough
//!
//! `Init ⇒ Inv`, and `Inv ∧ action ⇒ Inv'` for every action, give by induction that every reachable state satisfies
//! the invariant; `Inv ⇒ safety` gives the rest. Each is proved clause by clause. What an action does not mention with
//! a plus stays as it was, because the formula after the step is about the same symbol; a clause that speaks of nothing
//! the action changes needs no proof. A hint leaves out of an obligation what it does not need: who proves more from
//! less has proved it.
//!
//! That every action is possible under the invariant, and every guard needed, shows that nothing is proved of an
//! empty system and that the obligations can fail.

use super::module::{Definition, Guard, Hint, Module, plain};
use super::smt::Term;
use std::collections::BTreeSet;
use std::fmt::{self, Write as _};

/// How many elements of each sort are enough to show that something is possible.
const WORLD: usize = 3;

/// What a solver has to say about a script.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Expected {
    /// There is no counterexample.
    Unsat,
    /// It is possible.
    Sat,
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Expected::Unsat => "unsat",
            Expected::Sat => "sat",
        })
    }
}

/// What an obligation is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Purpose {
    /// Something always holds.
    Proof,
    /// Something can happen.
    Possible,
    /// Without a guard something does not hold.
    Needed,
}

/// One question to a solver.
#[derive(Clone, Debug)]
pub(super) struct Obligation {
    /// `module/what`.
    pub(super) name: String,
    pub(super) purpose: Purpose,
    /// The question.
    pub(super) script: String,
}

impl Obligation {
    /// The right answer.
    pub(super) const fn expected(&self) -> Expected {
        match self.purpose {
            Purpose::Proof => Expected::Unsat,
            Purpose::Possible | Purpose::Needed => Expected::Sat,
        }
    }
}

/// An obligation before it is written out.
struct Question<'a> {
    name: String,
    purpose: Purpose,
    /// What is known beyond the axioms.
    known: Vec<&'a str>,
    /// Words whose meaning is left out.
    opaque: BTreeSet<&'a str>,
    /// The action that happens, if any.
    action: Option<&'a Definition>,
    /// What is asserted in the end.
    goal: String,
    /// The guard that is switched off, if any.
    off: Option<&'a str>,
}

/// Every obligation of the module.
pub(super) fn obligations(module: &Module) -> Result<Vec<Obligation>, String> {
    let mut questions: Vec<Question<'_>> =
        module.of_kind("inv.").map(|clause| module.begins(clause)).collect();
    for action in module.of_kind("action.") {
        let touched = module.affected(&action.changes());
        let clauses = module.of_kind("inv.").filter(|clause| touched.contains(clause.name.as_str()));
        questions.extend(clauses.map(|clause| module.keeps(action, clause).hinted(module)));
    }
    let claims = module.of_kind("lemma.").chain(module.of_kind("safe."));
    questions.extend(claims.map(|claim| module.implies(claim).hinted(module)));
    questions.extend(module.possible());
    for guard in &module.guards {
        questions.push(module.needed(guard)?);
    }
    Ok(questions.iter().map(|question| module.obligation(question)).collect())
}

impl<'a> Question<'a> {
    /// Only what the hint says is known, if there is one.
    fn hinted(self, module: &'a Module) -> Self {
        match module.hint(&self.name) {
            Some(Hint { known, opaque }) => Self { known, opaque, ..self },
            None => self,
        }
    }
}

impl Module {
    fn names<'a>(&'a self, kind: &'a str) -> Vec<&'a str> {
        self.of_kind(kind).map(|definition| definition.name.as_str()).collect()
    }

    /// A question about every state of the invariant.
    fn question(&self, name: String, purpose: Purpose, goal: String) -> Question<'_> {
        let known = self.names("inv.");
        Question { name, purpose, known, opaque: BTreeSet::new(), action: None, goal, off: None }
    }

    /// What holds at the beginning satisfies the clause.
    fn begins(&self, clause: &Definition) -> Question<'_> {
        let name = format!("init/{}", clause.short());
        let known = self.names("init.");
        Question { known, ..self.question(name, Purpose::Proof, not(&clause.name)) }
    }

    /// The action keeps the clause.
    fn keeps<'a>(&'a self, action: &'a Definition, clause: &Definition) -> Question<'a> {
        let name = format!("{}/{}", action.short(), clause.short());
        let goal = not(&format!("{}+", clause.name));
        Question { action: Some(action), ..self.question(name, Purpose::Proof, goal) }
    }

    /// The invariant implies the claim.
    fn implies(&self, claim: &Definition) -> Question<'_> {
        self.question(claim.name.replacen('.', "/", 1), Purpose::Proof, not(&claim.name))
    }

    /// There is a beginning, every action is possible, and so is every scene.
    fn possible(&self) -> Vec<Question<'_>> {
        let question = |name: &str, goal| self.question(format!("possible/{name}"), Purpose::Possible, goal);
        let mut questions = vec![Question { known: self.names("init."), ..question("init", String::new()) }];
        questions.extend(
            self.of_kind("action.")
                .map(|action| Question { action: Some(action), ..question(action.short(), String::new()) }),
        );
        questions.extend(self.of_kind("show.").map(|scene| question(scene.short(), assert(&scene.name))));
        questions
    }

    /// Without the guard, the obligation that it is for has a counterexample.
    fn needed<'a>(&'a self, guard: &'a Guard) -> Result<Question<'a>, String> {
        let (action, what) = guard.breaks.split_once('/').ok_or("`:breaks` names no obligation")?;
        let find = |name: String| {
            let unknown = || format!("`:breaks` of {} names {name}, which does not exist", guard.name);
            self.find(&name).ok_or_else(unknown)
        };
        let question = if action == "safe" {
            self.implies(find(format!("safe.{what}"))?)
        } else {
            self.keeps(find(format!("action.{action}"))?, find(format!("inv.{what}"))?)
        };
        let name = format!("without {}/{}", guard.name, question.name);
        Ok(Question { name, purpose: Purpose::Needed, off: Some(&guard.name), ..question })
    }

    fn obligation(&self, question: &Question<'_>) -> Obligation {
        let name = format!("{}/{}", self.name, question.name);
        let (purpose, script) = (question.purpose, String::new());
        let mut obligation = Obligation { name, purpose, script };
        let expected = obligation.expected();
        let mut script = format!("; {}: must be {expected}\n(set-logic UF)\n", obligation.name);
        self.write_symbols(question, &mut script);
        self.write_definitions(question, &mut script);
        for known in self.names("axiom.").iter().chain(&question.known) {
            script.push_str(&assert(known));
        }
        if expected == Expected::Sat {
            script.push_str(&self.small_world());
        }
        if let Some(action) = question.action {
            script.push_str(&happens(action));
        }
        let _ = writeln!(script, "{}(check-sat)", question.goal);
        obligation.script = script;
        obligation
    }

    /// Declares the symbols, and of what the action changes also its value afterwards.
    fn write_symbols(&self, question: &Question<'_>, script: &mut String) {
        let changed = question.action.map(Definition::changes).unwrap_or_default();
        for declaration in &self.declarations {
            let _ = writeln!(script, "{declaration}");
            if let [keyword, name, rest @ ..] = declaration.parts()
                && name.word().is_some_and(|name| changed.contains(name))
            {
                let rest: Vec<String> = rest.iter().map(Term::to_string).collect();
                let _ = writeln!(script, "({keyword} {name}+ {})", rest.join(" "));
            }
        }
    }

    /// Writes the definitions, and of what speaks of a change also what it means afterwards.
    fn write_definitions(&self, question: &Question<'_>, script: &mut String) {
        let changed = question.action.map(Definition::changes).unwrap_or_default();
        let after = self.affected(&changed);
        let happens = |name: &str| question.action.is_some_and(|action| action.name == name);
        let wanted = |it: &&Definition| !it.is("hint.") && (!it.is("action.") || happens(&it.name));
        for definition in self.definitions.iter().filter(wanted) {
            let body = (!question.opaque.contains(definition.name.as_str()))
                .then(|| plain(&definition.body, question.off));
            write_definition(definition, &definition.name, body.as_ref(), script);
            if after.contains(definition.name.as_str()) && !definition.is("action.") {
                let later =
                    |word: &str| if after.contains(word) { format!("{word}+") } else { word.to_owned() };
                let body = body.map(|body| body.map(&later));
                write_definition(definition, &format!("{}+", definition.name), body.as_ref(), script);
            }
        }
    }

    /// What is possible with few nodes, epochs and sets is possible, and sooner found.
    fn small_world(&self) -> String {
        let mut text = String::new();
        for declaration in &self.declarations {
            let [keyword, sort, ..] = declaration.parts() else { continue };
            if keyword.word() != Some("declare-sort") {
                continue;
            }
            let names: Vec<String> = (0..WORLD).map(|number| format!("{sort}!{number}")).collect();
            for name in &names {
                let _ = writeln!(text, "(declare-fun {name} () {sort})");
            }
            let cases: Vec<String> = names.iter().map(|name| format!("(= x {name})")).collect();
            let _ = writeln!(text, "(assert (forall ((x {sort})) (or {})))", cases.join(" "));
        }
        text
    }
}

fn assert(formula: &str) -> String {
    format!("(assert {formula})\n")
}

fn not(formula: &str) -> String {
    assert(&format!("(not {formula})"))
}

/// The action happens, with some parameters.
fn happens(action: &Definition) -> String {
    let mut text = String::new();
    for (name, sort) in &action.params {
        let _ = writeln!(text, "(declare-fun !{name} () {sort})");
    }
    let arguments: String = action.params.iter().fold(String::new(), |list, (name, _)| list + " !" + name);
    let call =
        if arguments.is_empty() { action.name.clone() } else { format!("({}{arguments})", action.name) };
    text + &assert(&call)
}

/// A definition; without a body only that there is something of this name.
fn write_definition(definition: &Definition, name: &str, body: Option<&Term>, script: &mut String) {
    let Definition { params, sort, .. } = definition;
    let _ = if let Some(body) = body {
        let params: Vec<String> = params.iter().map(|(name, sort)| format!("({name} {sort})")).collect();
        writeln!(script, "(define-fun {name} ({}) {sort} {body})", params.join(" "))
    } else {
        let sorts: Vec<&str> = params.iter().map(|(_, sort)| sort.as_str()).collect();
        writeln!(script, "(declare-fun {name} ({}) {sort})", sorts.join(" "))
    };
}

#[cfg(test)]
mod tests {
    use super::super::module::tests::COUNTER;
    use super::*;

    fn counter(name: &str) -> Obligation {
        let module = Module::read("counter", COUNTER).unwrap();
        let obligations = obligations(&module).unwrap();
        let names: Vec<&str> = obligations.iter().map(|obligation| obligation.name.as_str()).collect();
        let found = obligations.iter().find(|obligation| obligation.name == format!("counter/{name}"));
        found.unwrap_or_else(|| panic!("no {name} among {names:?}")).clone()
    }

    #[test]
    fn obligations_are_those_of_an_induction() {
        let module = Module::read("counter", COUNTER).unwrap();
        let obligations = obligations(&module).unwrap();
        let names: Vec<&str> = obligations.iter().map(|it| it.name.trim_start_matches("counter/")).collect();
        // Nothing is asked of `stop`: it changes nothing that the invariant speaks of.
        let proofs = ["init/positive", "grow/positive", "lemma/zero-or-more", "safe/not-negative"];
        let possible = ["possible/init", "possible/grow", "possible/stop", "possible/more"];
        let needed = ["without only-grows/grow/positive"];
        assert_eq!(names, [&proofs[..], &possible, &needed].concat());
        let expected = obligations.iter().map(Obligation::expected);
        assert!(expected.eq([[Expected::Unsat; 4].as_slice(), &[Expected::Sat; 5]].concat()));
    }

    #[test]
    fn a_step_is_asked_about_with_its_guard_or_without() {
        let Obligation { script, .. } = counter("grow/positive");
        for line in [
            "; counter/grow/positive: must be unsat",
            "(declare-fun count+ () Number)",
            "(define-fun action.grow ((to Number)) Bool (and (less count to) (= count+ to)))",
            "(define-fun inv.positive+ () Bool (positive count+))",
            "(declare-fun !to () Number)",
            "(assert (action.grow !to))",
            "(assert inv.positive)",
            "(assert (not inv.positive+))",
        ] {
            assert!(script.lines().any(|it| it == line), "no {line} in:\n{script}");
        }
        assert!(!script.contains("stopped+") && !script.contains("Number!0") && !script.contains("hint."));
        let Obligation { script, purpose, .. } = counter("without only-grows/grow/positive");
        assert_eq!(purpose, Purpose::Needed);
        assert!(script.contains("(and true (= count+ to))") && script.contains("Number!2"));
    }

    #[test]
    fn a_hint_is_all_that_is_known() {
        let Obligation { script, .. } = counter("safe/not-negative");
        let asserted: Vec<&str> = script.lines().filter(|line| line.starts_with("(assert")).collect();
        let known =
            ["axiom.less-is-an-order", "inv.positive", "lemma.zero-or-more", "(not safe.not-negative)"];
        assert_eq!(asserted, known.map(|it| format!("(assert {it})")));
        assert!(script.contains("(declare-fun positive (Number) Bool)"));
        assert!(!script.contains("(define-fun positive "));
    }

    #[test]
    fn a_guard_names_what_it_breaks() {
        let text = COUNTER.replace(":breaks grow/positive", ":breaks grow/finite");
        let why = obligations(&Module::read("counter", &text).unwrap()).unwrap_err();
        assert!(why.contains("only-grows") && why.contains("inv.finite"), "{why}");
    }
}
