//! A module of the proof, and the obligations it consists of.
//!
//! # Why these obligations are enough
//!
//! `Init ⇒ Inv`, and `Inv ∧ action ⇒ Inv'` for every action, give by induction that every reachable state satisfies
//! the invariant; `Inv ⇒ safety` gives the rest. Each is proved clause by clause. What an action does not mention with
//! a plus stays as it was, because the formula after the step is about the same symbol; a clause that speaks of nothing
//! the action changes needs no proof.
//!
//! That every action is possible under the invariant, and every rule necessary, shows that nothing is proved of an
//! empty system and that the obligations can fail.

use super::smt::{Form, Term, read};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// What a name of a definition begins with.
const KINDS: [&str; 6] = ["axiom.", "init.", "action.", "inv.", "safe.", "show."];

/// How many elements of each sort are enough to show that something is possible.
const WORLD: usize = 3;

/// A definition of a module.
struct Definition {
    name: String,
    doc: String,
    params: Vec<(String, String)>,
    sort: Term,
    body: Term,
}

/// A guard with a name, and the obligation that fails without it.
pub(super) struct Guard {
    /// Its name.
    pub(super) name: String,
    /// Whether it is a named rule of the code.
    pub(super) is_rule: bool,
    /// `action/clause`.
    pub(super) breaks: String,
}

/// A machine: what is assumed, its state, its actions, its invariant, and what follows from it.
pub(super) struct Module {
    /// Its name: that of its file.
    pub(super) name: String,
    declarations: Vec<Term>,
    definitions: Vec<Definition>,
    /// The symbols that change.
    state: BTreeSet<String>,
    /// Its named guards.
    pub(super) guards: Vec<Guard>,
}

/// What a solver has to say about a script.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Expected {
    /// There is no counterexample.
    Unsat,
    /// It is possible.
    Sat,
}

/// One question to a solver.
pub(super) struct Obligation {
    /// `module/what`.
    pub(super) name: String,
    /// The right answer.
    pub(super) expected: Expected,
    /// The question.
    pub(super) script: String,
}

/// An obligation before it is written out.
struct Question<'a> {
    name: String,
    expected: Expected,
    /// What is assumed and asked beyond the axioms.
    goal: String,
    /// The action that happens, if any.
    action: Option<&'a Definition>,
    /// The guard that is switched off, if any.
    off: Option<&'a str>,
}

impl Question<'_> {
    fn new(name: String, expected: Expected, goal: String) -> Self {
        Self { name, expected, goal, action: None, off: None }
    }
}

impl Module {
    /// Reads a module.
    pub(super) fn read(name: &str, text: &str) -> Result<Module, String> {
        let mut module = Module {
            name: name.to_owned(),
            declarations: Vec::new(),
            definitions: Vec::new(),
            state: BTreeSet::new(),
            guards: Vec::new(),
        };
        for form in read(text)? {
            module.add(form)?;
        }
        for definition in &module.definitions {
            let after = definition.body.words().into_iter().filter_map(|word| word.strip_suffix('+'));
            module.state.extend(after.map(str::to_owned));
            collect_guards(&definition.body, &mut module.guards)?;
        }
        module.check()?;
        Ok(module)
    }

    fn add(&mut self, Form { doc, term }: Form) -> Result<(), String> {
        let malformed = || format!("this is neither a declaration nor a definition: {term}");
        match term.parts() {
            [keyword, ..] if matches!(keyword.word(), Some("declare-sort" | "declare-fun")) => {
                self.declarations.push(term);
            }
            [keyword, name, params, sort, body] if keyword.word() == Some("define-fun") => {
                let params = params.parts().iter().map(|param| match param.parts() {
                    [name, sort] => Ok((name.to_string(), sort.to_string())),
                    _ => Err(malformed()),
                });
                self.definitions.push(Definition {
                    name: name.to_string(),
                    doc,
                    params: params.collect::<Result<_, _>>()?,
                    sort: sort.clone(),
                    body: body.clone(),
                });
            }
            _ => return Err(malformed()),
        }
        Ok(())
    }

    /// A module that proves nothing by mistake is refused.
    fn check(&self) -> Result<(), String> {
        let declared: BTreeSet<String> =
            self.declarations.iter().filter_map(|term| Some(term.parts().get(1)?.to_string())).collect();
        if let Some(unknown) = self.state.iter().find(|symbol| !declared.contains(*symbol)) {
            return Err(format!("{unknown}+ is used, but {unknown} is not declared"));
        }
        if let Some(kind) = KINDS.iter().find(|kind| self.of_kind(kind).next().is_none()) {
            return Err(format!("there is no definition {kind}…"));
        }
        match self
            .definitions
            .iter()
            .find(|definition| is_clause(&definition.name) && definition.doc.is_empty())
        {
            Some(definition) => Err(format!("{} has no comment that says what it means", definition.name)),
            None => Ok(()),
        }
    }

    fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Definition> {
        self.definitions.iter().filter(move |definition| definition.name.starts_with(kind))
    }

    /// How many definitions there are whose name begins so.
    pub(super) fn count(&self, kind: &str) -> usize {
        self.of_kind(kind).count()
    }

    /// Every obligation of the module.
    pub(super) fn obligations(&self) -> Result<Vec<Obligation>, String> {
        let mut questions = Vec::new();
        for clause in self.of_kind("inv.") {
            questions.push(self.begins(clause));
        }
        for action in self.of_kind("action.") {
            let touched = self.affected(&changed(action));
            for clause in self.of_kind("inv.").filter(|clause| touched.contains(&clause.name)) {
                questions.push(self.keeps(action, clause));
            }
        }
        for claim in self.of_kind("safe.") {
            questions.push(self.implies(claim));
        }
        questions.extend(self.possible());
        for guard in &self.guards {
            questions.push(self.needed(guard)?);
        }
        Ok(questions.iter().map(|question| self.obligation(question)).collect())
    }

    /// What holds at the beginning satisfies the clause.
    fn begins(&self, clause: &Definition) -> Question<'_> {
        let goal = format!("{}(assert (not {}))\n", self.assume("init."), clause.name);
        Question::new(format!("init/{}", short(clause)), Expected::Unsat, goal)
    }

    /// The action keeps the clause.
    fn keeps<'a>(&self, action: &'a Definition, clause: &Definition) -> Question<'a> {
        let goal = format!("{}{}(assert (not {}+))\n", self.assume("inv."), happens(action), clause.name);
        let name = format!("{}/{}", short(action), short(clause));
        Question { action: Some(action), ..Question::new(name, Expected::Unsat, goal) }
    }

    /// The invariant implies what it is for.
    fn implies(&self, claim: &Definition) -> Question<'_> {
        let goal = format!("{}(assert (not {}))\n", self.assume("inv."), claim.name);
        Question::new(format!("safe/{}", short(claim)), Expected::Unsat, goal)
    }

    /// There is a beginning, every action is possible, and so is every scene.
    fn possible(&self) -> Vec<Question<'_>> {
        let mut questions = vec![Question::new("possible/init".into(), Expected::Sat, self.assume("init."))];
        for action in self.of_kind("action.") {
            let goal = format!("{}{}", self.assume("inv."), happens(action));
            let name = format!("possible/{}", short(action));
            questions.push(Question { action: Some(action), ..Question::new(name, Expected::Sat, goal) });
        }
        for scene in self.of_kind("show.") {
            let goal = format!("{}(assert {})\n", self.assume("inv."), scene.name);
            questions.push(Question::new(format!("possible/{}", short(scene)), Expected::Sat, goal));
        }
        questions
    }

    /// Without the guard, the obligation that it is for has a counterexample.
    fn needed<'a>(&'a self, guard: &'a Guard) -> Result<Question<'a>, String> {
        let (action, what) = guard.breaks.split_once('/').ok_or("`:breaks` names no obligation")?;
        let find = |name: String| {
            let unknown = || format!("`:breaks` of {} names {name}, which does not exist", guard.name);
            self.definitions.iter().find(|definition| definition.name == name).ok_or_else(unknown)
        };
        let question = if action == "safe" {
            self.implies(find(format!("safe.{what}"))?)
        } else {
            self.keeps(find(format!("action.{action}"))?, find(format!("inv.{what}"))?)
        };
        let name = format!("without {}/{}", guard.name, question.name);
        Ok(Question { name, expected: Expected::Sat, off: Some(&guard.name), ..question })
    }

    fn obligation(&self, question: &Question<'_>) -> Obligation {
        let Question { name, expected, goal, action, off } = question;
        let name = format!("{}/{name}", self.name);
        let answer = match expected {
            Expected::Unsat => "unsat",
            Expected::Sat => "sat",
        };
        let mut script = format!("; {name}: must be {answer}\n(set-logic UF)\n");
        let changed = action.map(changed).unwrap_or_default();
        self.write_symbols(&changed, &mut script);
        self.write_definitions(*off, *action, &changed, &mut script);
        script.push_str(&self.assume("axiom."));
        if *expected == Expected::Sat {
            script.push_str(&self.small_world());
        }
        script.push_str(goal);
        script.push_str("(check-sat)\n");
        Obligation { name, expected: *expected, script }
    }

    fn write_symbols(&self, changed: &BTreeSet<String>, script: &mut String) {
        for declaration in &self.declarations {
            let _ = writeln!(script, "{declaration}");
            if let [keyword, name, rest @ ..] = declaration.parts()
                && changed.contains(&name.to_string())
            {
                let rest: Vec<String> = rest.iter().map(Term::to_string).collect();
                let _ = writeln!(script, "({keyword} {name}+ {})", rest.join(" "));
            }
        }
    }

    /// Writes the definitions, and of what the action changes also what they mean after it.
    fn write_definitions(
        &self,
        off: Option<&str>,
        action: Option<&Definition>,
        changed: &BTreeSet<String>,
        script: &mut String,
    ) {
        let after = self.affected(changed);
        let is_action = |definition: &Definition| definition.name.starts_with("action.");
        let wanted = |definition: &&Definition| match action {
            Some(action) => !is_action(definition) || definition.name == action.name,
            None => !is_action(definition),
        };
        for definition in self.definitions.iter().filter(wanted) {
            let body = plain(&definition.body, off);
            write_definition(definition, &definition.name, &body, script);
            if after.contains(&definition.name) && !is_action(definition) {
                let body =
                    body.map(&|word| if after.contains(word) { format!("{word}+") } else { word.to_owned() });
                write_definition(definition, &format!("{}+", definition.name), &body, script);
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

    /// The symbols of `changed`, and every definition that speaks of them.
    fn affected(&self, changed: &BTreeSet<String>) -> BTreeSet<String> {
        let mut affected = changed.clone();
        for definition in &self.definitions {
            if definition.body.words().iter().any(|word| affected.contains(*word)) {
                affected.insert(definition.name.clone());
            }
        }
        affected
    }

    fn assume(&self, kind: &str) -> String {
        self.of_kind(kind).fold(String::new(), |mut text, definition| {
            let _ = writeln!(text, "(assert {})", definition.name);
            text
        })
    }
}

/// The state that the action changes.
fn changed(action: &Definition) -> BTreeSet<String> {
    action.body.words().into_iter().filter_map(|word| word.strip_suffix('+')).map(str::to_owned).collect()
}

/// Whether the definition is one that a reader has to understand.
fn is_clause(name: &str) -> bool {
    name.starts_with("inv.") || name.starts_with("safe.") || name.starts_with("show.")
}

/// The name without its kind.
fn short(definition: &Definition) -> &str {
    definition.name.split_once('.').map_or(definition.name.as_str(), |(_, name)| name)
}

/// The action happens, with some parameters.
fn happens(action: &Definition) -> String {
    let mut text = String::new();
    for (name, sort) in &action.params {
        let _ = writeln!(text, "(declare-fun !{name} () {sort})");
    }
    let arguments: Vec<String> = action.params.iter().map(|(name, _)| format!("!{name}")).collect();
    let _ = writeln!(text, "(assert ({} {}))", action.name, arguments.join(" "));
    text
}

fn write_definition(definition: &Definition, name: &str, body: &Term, script: &mut String) {
    let params: Vec<String> =
        definition.params.iter().map(|(name, sort)| format!("({name} {sort})")).collect();
    let _ = writeln!(script, "(define-fun {name} ({}) {} {body})", params.join(" "), definition.sort);
}

/// The value of an attribute of an annotated term.
fn attribute<'a>(parts: &'a [Term], name: &str) -> Option<&'a Term> {
    let at = parts.iter().position(|part| part.word() == Some(name))?;
    parts.get(at + 1)
}

fn guard_name(parts: &[Term]) -> Option<&str> {
    [":rule", ":guard", ":assumption"].iter().find_map(|kind| attribute(parts, kind)).and_then(Term::word)
}

/// The term without annotations; the guard `off` is switched off: it is what stands behind `:else`, or true.
fn plain(term: &Term, off: Option<&str>) -> Term {
    match term.parts() {
        [] => term.clone(),
        [mark, inner, attributes @ ..] if mark.word() == Some("!") => {
            if off.is_some() && guard_name(attributes) == off {
                attribute(attributes, ":else").map_or(Term::Word("true".into()), |other| plain(other, off))
            } else {
                plain(inner, off)
            }
        }
        parts => Term::List(parts.iter().map(|part| plain(part, off)).collect()),
    }
}

fn collect_guards(term: &Term, guards: &mut Vec<Guard>) -> Result<(), String> {
    if let [mark, _, attributes @ ..] = term.parts()
        && mark.word() == Some("!")
    {
        let name = guard_name(attributes).ok_or_else(|| format!("an annotation without a name: {term}"))?;
        let breaks = attribute(attributes, ":breaks").and_then(Term::word);
        let breaks = breaks.ok_or_else(|| format!("{name} does not say what it breaks"))?;
        let guard = Guard {
            name: name.to_owned(),
            is_rule: attribute(attributes, ":rule").is_some(),
            breaks: breaks.to_owned(),
        };
        // A rule may act in two places; what one of them breaks is asked once.
        if !guards.iter().any(|known| known.name == guard.name && known.breaks == guard.breaks) {
            guards.push(guard);
        }
    }
    term.parts().iter().try_for_each(|part| collect_guards(part, guards))
}
