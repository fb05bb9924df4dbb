//! A module of the proof: a file in SMT-LIB, read and checked.
//!
//! What a definition is for is said by how its name begins: `axiom.`, `init.`, `action.`, `inv.`, `lemma.`, `hint.`,
//! `safe.`, `show.`; a name without a point is a word that the others use. A symbol with a plus is its value after a
//! step, and only actions speak of that.

use super::smt::{Form, Term, read};
use std::collections::BTreeSet;

/// Without one of each nothing would be proved.
const KINDS: [&str; 6] = ["axiom.", "init.", "action.", "inv.", "safe.", "show."];

/// Definitions that a reader has to understand.
const CLAUSES: [&str; 4] = ["inv.", "lemma.", "safe.", "show."];

/// A definition of a module.
pub(super) struct Definition {
    pub(super) name: String,
    doc: String,
    pub(super) params: Vec<(String, String)>,
    pub(super) sort: Term,
    pub(super) body: Term,
}

/// A guard with a name, and the obligation that fails without it.
pub(super) struct Guard {
    pub(super) name: String,
    /// Whether it is a named rule of the code.
    pub(super) is_rule: bool,
    /// `action/clause`.
    pub(super) breaks: String,
}

/// What is enough to prove an obligation, where the solvers would be long in finding out.
pub(super) struct Hint<'a> {
    /// The clauses and lemmas that are enough.
    pub(super) known: Vec<&'a str>,
    /// The words whose meaning does not matter. What holds whatever they mean, holds.
    pub(super) opaque: BTreeSet<&'a str>,
}

/// A machine: what is assumed, its state, its actions, its invariant, and what follows from it.
pub(super) struct Module {
    /// That of its file.
    pub(super) name: String,
    pub(super) declarations: Vec<Term>,
    pub(super) definitions: Vec<Definition>,
    pub(super) guards: Vec<Guard>,
}

impl Definition {
    /// The name without its kind.
    pub(super) fn short(&self) -> &str {
        self.name.split_once('.').map_or(self.name.as_str(), |(_, name)| name)
    }

    pub(super) fn is(&self, kind: &str) -> bool {
        self.name.starts_with(kind)
    }

    /// The symbols of which it says what they are after a step.
    pub(super) fn changes(&self) -> BTreeSet<&str> {
        self.body.words().into_iter().filter_map(|word| word.strip_suffix('+')).collect()
    }

    fn hint(&self) -> Hint<'_> {
        let (body, opaque) = match self.body.parts() {
            [mark, body, attributes @ ..] if mark.word() == Some("!") => {
                (body, attribute(attributes, ":opaque").map(Term::words))
            }
            _ => (&self.body, None),
        };
        let known = body.words().into_iter().filter(|word| *word != "and").collect();
        Hint { known, opaque: opaque.unwrap_or_default() }
    }
}

impl Module {
    /// Reads a module; one that proves nothing by mistake is refused.
    pub(super) fn read(name: &str, text: &str) -> Result<Module, String> {
        let mut module = Module {
            name: name.to_owned(),
            declarations: Vec::new(),
            definitions: Vec::new(),
            guards: Vec::new(),
        };
        for form in read(text)? {
            module.add(form)?;
        }
        for definition in module.definitions.iter().filter(|definition| !definition.is("hint.")) {
            collect_guards(&definition.body, &mut module.guards)?;
        }
        module.check_kinds()?;
        module.check_changes()?;
        module.check_hints()?;
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

    fn check_kinds(&self) -> Result<(), String> {
        if let Some(kind) = KINDS.iter().find(|kind| self.of_kind(kind).next().is_none()) {
            return Err(format!("there is no definition {kind}…"));
        }
        let mut clauses = CLAUSES.iter().flat_map(|kind| self.of_kind(kind));
        match clauses.find(|definition| definition.doc.is_empty()) {
            Some(definition) => Err(format!("{} has no comment that says what it means", definition.name)),
            None => Ok(()),
        }
    }

    /// Only actions change something, and only what is declared.
    fn check_changes(&self) -> Result<(), String> {
        let declared: BTreeSet<String> =
            self.declarations.iter().filter_map(|term| Some(term.parts().get(1)?.to_string())).collect();
        self.definitions.iter().try_for_each(|definition| {
            let changes = definition.changes();
            if let Some(unknown) = changes.iter().find(|symbol| !declared.contains(**symbol)) {
                return Err(format!("{unknown}+ is used, but {unknown} is not declared"));
            }
            if changes.is_empty() == definition.is("action.") {
                return Err(format!(
                    "{} changes what only actions change, or is one without effect",
                    definition.name
                ));
            }
            Ok(())
        })
    }

    /// A hint is for an obligation and says nothing but what is proved: clauses and lemmas, and for a lemma only those
    /// that come before it in the file, so that no two rest on each other.
    fn check_hints(&self) -> Result<(), String> {
        for definition in self.of_kind("hint.") {
            let (action, clause) = definition.short().split_once('/').unwrap_or_default();
            let needed = match action {
                "lemma" | "safe" => vec![format!("{action}.{clause}")],
                _ => vec![format!("action.{action}"), format!("inv.{clause}")],
            };
            if let Some(unknown) = needed.iter().find(|name| self.find(name).is_none()) {
                return Err(format!("{} is for no obligation: there is no {unknown}", definition.name));
            }
            let proved = self.definitions.iter().take_while(|it| action != "lemma" || it.name != needed[0]);
            let lemmas: BTreeSet<&str> =
                proved.filter(|it| it.is("lemma.")).map(|it| it.name.as_str()).collect();
            let is_proved =
                |name: &str| lemmas.contains(name) || name.starts_with("inv.") && self.find(name).is_some();
            let is_word = |name: &str| !name.contains('.') && self.find(name).is_some();
            let Hint { known, opaque } = definition.hint();
            if let Some(stray) = known.iter().find(|name| !is_proved(name)) {
                return Err(format!("{} uses {stray}, which is not proved by then", definition.name));
            }
            if let Some(stray) = opaque.iter().find(|name| !is_word(name)) {
                return Err(format!("{} hides {stray}, which is no word of the module", definition.name));
            }
        }
        Ok(())
    }

    /// The definition of this name.
    pub(super) fn find(&self, name: &str) -> Option<&Definition> {
        self.definitions.iter().find(|definition| definition.name == name)
    }

    /// The hint for an obligation.
    pub(super) fn hint(&self, obligation: &str) -> Option<Hint<'_>> {
        self.find(&format!("hint.{obligation}")).map(Definition::hint)
    }

    /// The definitions whose name begins so.
    pub(super) fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Definition> {
        self.definitions.iter().filter(move |definition| definition.is(kind))
    }

    /// What speaks of something that is changed: the changed symbols, and every definition that uses one of them.
    pub(super) fn affected<'a>(&'a self, changed: &BTreeSet<&'a str>) -> BTreeSet<&'a str> {
        let mut affected = changed.clone();
        for definition in &self.definitions {
            if definition.body.words().iter().any(|word| affected.contains(word)) {
                affected.insert(&definition.name);
            }
        }
        affected
    }
}

/// The term without annotations; the guard `off` is switched off: it is what stands behind `:else`, or true.
pub(super) fn plain(term: &Term, off: Option<&str>) -> Term {
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

/// The value of an attribute of an annotated term.
fn attribute<'a>(attributes: &'a [Term], name: &str) -> Option<&'a Term> {
    let at = attributes.iter().position(|part| part.word() == Some(name))?;
    attributes.get(at + 1)
}

fn guard_name(attributes: &[Term]) -> Option<&str> {
    [":rule", ":guard", ":assumption"]
        .iter()
        .find_map(|kind| attribute(attributes, kind))
        .and_then(Term::word)
}

fn collect_guards(term: &Term, guards: &mut Vec<Guard>) -> Result<(), String> {
    if let [mark, _, attributes @ ..] = term.parts()
        && mark.word() == Some("!")
    {
        let name = guard_name(attributes).ok_or_else(|| format!("an annotation without a name: {term}"))?;
        let breaks = attribute(attributes, ":breaks").and_then(Term::word);
        let breaks = breaks.ok_or_else(|| format!("{name} does not say what it breaks"))?;
        // A rule may act in two places; what one of them breaks is asked once.
        if !guards.iter().any(|known| known.name == name && known.breaks == breaks) {
            let is_rule = attribute(attributes, ":rule").is_some();
            guards.push(Guard { name: name.to_owned(), is_rule, breaks: breaks.to_owned() });
        }
    }
    term.parts().iter().try_for_each(|part| collect_guards(part, guards))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A counter that only grows, from zero on, while nobody says stop.
    pub(in crate::prove) const COUNTER: &str = "
        (declare-sort Number 0)
        (declare-fun less (Number Number) Bool)
        (declare-fun zero () Number)
        (declare-fun stopped () Bool)
        (define-fun axiom.less-is-an-order () Bool
          (forall ((a Number) (b Number) (c Number))
            (and (not (less a a)) (=> (and (less a b) (less b c)) (less a c)) (or (less a b) (= a b) (less b a)))))
        (declare-fun count () Number)
        (define-fun positive ((a Number)) Bool (not (less a zero)))
        (define-fun init.zero () Bool (= count zero))
        (define-fun action.grow ((to Number)) Bool
          (and (! (less count to) :rule only-grows :breaks grow/positive) (= count+ to)))
        (define-fun action.stop () Bool (= stopped+ true))
        ; It is never below zero.
        (define-fun inv.positive () Bool (positive count))
        ; It is zero or more.
        (define-fun lemma.zero-or-more () Bool (or (= count zero) (less zero count)))
        (define-fun hint.lemma/zero-or-more () Bool inv.positive)
        ; Nothing below zero was counted.
        (define-fun safe.not-negative () Bool (not (less count zero)))
        (define-fun hint.safe/not-negative () Bool (! (and inv.positive lemma.zero-or-more) :opaque (positive)))
        ; It can be more than zero.
        (define-fun show.more () Bool (less zero count))";

    /// Why the counter with `new` in place of `old` is refused.
    fn refused(old: &str, new: &str) -> String {
        assert!(COUNTER.contains(old), "{old}");
        Module::read("counter", &COUNTER.replace(old, new)).err().unwrap_or_else(|| "it is not".into())
    }

    #[test]
    fn a_module_knows_its_guards_hints_and_changes() {
        let module = Module::read("counter", COUNTER).unwrap();
        let [Guard { name, is_rule: true, breaks }] = &module.guards[..] else { panic!("one rule") };
        assert_eq!((name.as_str(), breaks.as_str()), ("only-grows", "grow/positive"));
        let hint = module.hint("safe/not-negative").unwrap();
        assert_eq!(hint.known, ["inv.positive", "lemma.zero-or-more"]);
        assert_eq!(hint.opaque, BTreeSet::from(["positive"]));
        assert!(module.hint("grow/positive").is_none());
        let changed = module.find("action.grow").unwrap().changes();
        let affected = module.affected(&changed);
        assert!(affected.contains("inv.positive") && !affected.contains("positive"));
    }

    #[test]
    fn a_guard_is_taken_out_alone() {
        let module = Module::read("counter", COUNTER).unwrap();
        let body = &module.find("action.grow").unwrap().body;
        assert_eq!(plain(body, None).to_string(), "(and (less count to) (= count+ to))");
        assert_eq!(plain(body, Some("another")).to_string(), "(and (less count to) (= count+ to))");
        assert_eq!(plain(body, Some("only-grows")).to_string(), "(and true (= count+ to))");
        let other = &read("(and (! a :rule r :breaks x/y :else b) c)").unwrap()[0].term;
        assert_eq!(plain(other, Some("r")).to_string(), "(and b c)");
    }

    #[test]
    fn a_module_that_proves_nothing_by_mistake_is_refused() {
        for (old, new, why) in [
            ("(declare-fun count () Number)", "", "count is not declared"),
            ("(declare-sort Number 0)", "(assert false)", "neither a declaration nor a definition"),
            ("safe.not-negative", "sure.not-negative", "no definition safe."),
            ("; It is never below zero.", "", "inv.positive has no comment"),
            ("(= stopped+ true)", "(= stopped true)", "action.stop changes"),
            ("(not (less a zero))", "(not (less count+ zero))", "positive changes"),
            (":rule only-grows", "", "annotation without a name"),
            (":breaks grow/positive", "", "only-grows does not say what it breaks"),
        ] {
            let refused = refused(old, new);
            assert!(refused.contains(why), "{refused}");
        }
    }

    #[test]
    fn a_hint_uses_only_what_is_proved() {
        let circular = "hint.lemma/zero-or-more () Bool lemma.zero-or-more";
        for (old, new, why) in [
            ("hint.safe/not-negative", "hint.safe/no-such", "there is no safe.no-such"),
            ("hint.safe/not-negative", "hint.shrink/positive", "there is no action.shrink"),
            ("(and inv.positive lemma.zero-or-more)", "(and safe.not-negative)", "uses safe.not-negative"),
            ("(and inv.positive lemma.zero-or-more)", "(and (not inv.positive))", "uses not"),
            ("hint.lemma/zero-or-more () Bool inv.positive", circular, "uses lemma.zero-or-more"),
            (":opaque (positive)", ":opaque (inv.positive)", "hides inv.positive"),
            (":opaque (positive)", ":opaque (less)", "hides less"),
        ] {
            let refused = refused(old, new);
            assert!(refused.contains(why), "{refused}");
        }
    }

    #[test]
    fn no_two_lemmas_rest_on_each_other() {
        let late = "; It is said late.
            (define-fun lemma.late () Bool true)
            (define-fun hint.lemma/zero-or-more () Bool lemma.late)";
        let text = COUNTER.replace("(define-fun hint.lemma/zero-or-more () Bool inv.positive)", late);
        let refused = Module::read("counter", &text).err().unwrap();
        assert!(refused.contains("uses lemma.late, which is not proved by then"), "{refused}");
    }
}
