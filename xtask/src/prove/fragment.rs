//! Whether a script stays in the fragment of first-order logic in which a solver can always decide.
//!
//! An edge leads from the sort of a `forall` to that of an `exists` inside it, and from the arguments of a function to its
//! value: from elements of the one sort a solver may have to make up elements of the other. Without a cycle there
//! are finitely many in the end (Padon and others, *Paxos made EPR*, OOPSLA 2017).

use super::smt::{Form, Term, read};
use std::collections::{BTreeMap, BTreeSet};

type Edges = BTreeSet<(String, String)>;

/// A script, as far as it matters here.
#[derive(Default)]
struct Script {
    /// What the words mean. Of which elements they say it does not matter.
    meanings: BTreeMap<String, Term>,
    edges: Edges,
}

/// The sorts from which new elements lead back to themselves; none if the script is in the fragment.
fn cycle(script: &str) -> BTreeSet<String> {
    let mut seen = Script::default();
    for Form { term, .. } in read(script).unwrap() {
        match term.parts() {
            [keyword, _, domain, range] if keyword.word() == Some("declare-fun") => {
                let made = domain.parts().iter().map(|sort| (sort.to_string(), range.to_string()));
                seen.edges.extend(made.filter(|(_, range)| range != "Bool"));
            }
            [keyword, name, _, _, body] if keyword.word() == Some("define-fun") => {
                seen.meanings.insert(name.to_string(), body.clone());
            }
            [keyword, formula] if keyword.word() == Some("assert") => seen.visit(formula, true, &[]),
            _ => {}
        }
    }
    circular(&seen.edges)
}

/// The sorts that are left when those that lead nowhere are taken away, again and again.
fn circular(edges: &Edges) -> BTreeSet<String> {
    let mut sorts: BTreeSet<String> =
        edges.iter().flat_map(|(from, to)| [from.clone(), to.clone()]).collect();
    loop {
        let leads = |sort: &String| edges.iter().any(|(from, to)| from == sort && sorts.contains(to));
        let left: BTreeSet<String> = sorts.iter().filter(|sort| leads(sort)).cloned().collect();
        if left == sorts {
            return left;
        }
        sorts = left;
    }
}

impl Script {
    /// Notes the edges of a formula that is claimed, or denied, for all elements of the sorts in `every`.
    fn visit(&mut self, formula: &Term, claimed: bool, every: &[String]) {
        if let Some(meaning) = formula.word().and_then(|word| self.meanings.get(word)).cloned() {
            return self.visit(&meaning, claimed, every);
        }
        let [head, rest @ ..] = formula.parts() else { return };
        match (head.word().unwrap_or_default(), rest) {
            ("not", [inner]) => self.visit(inner, !claimed, every),
            ("=>", [conditions @ .., conclusion]) => {
                for condition in conditions {
                    self.visit(condition, !claimed, every);
                }
                self.visit(conclusion, claimed, every);
            }
            (quantifier @ ("forall" | "exists"), [variables, body]) => {
                let sorts = variables.parts().iter().map(|variable| variable.parts()[1].to_string());
                if (quantifier == "forall") == claimed {
                    let every: Vec<String> = every.iter().cloned().chain(sorts).collect();
                    return self.visit(body, claimed, &every);
                }
                let made = sorts.flat_map(|sort| every.iter().map(move |from| (from.clone(), sort.clone())));
                self.edges.extend(made);
                self.visit(body, claimed, every);
            }
            ("and" | "or", parts) => parts.iter().for_each(|part| self.visit(part, claimed, every)),
            ("=" | "ite", parts) => parts.iter().for_each(|part| {
                self.visit(part, true, every);
                self.visit(part, false, every);
            }),
            (word, _) => {
                if let Some(meaning) = self.meanings.get(word).cloned() {
                    self.visit(&meaning, claimed, every);
                }
            }
        }
    }
}

#[test]
fn a_cycle_of_new_elements_is_found() {
    let script =
        |text: &str| format!("(declare-sort A 0) (declare-sort B 0) (declare-fun r (A B) Bool) {text}");
    let cycle = |text: &str| cycle(&script(text)).into_iter().collect::<Vec<_>>();
    let next = "(assert (forall ((x A)) (exists ((y A)) (s x y))))";
    assert_eq!(cycle(next), ["A"]);
    assert_eq!(cycle("(assert (not (exists ((x A)) (not (exists ((y A)) (s x y))))))"), ["A"]);
    assert_eq!(cycle("(assert (exists ((y A)) (forall ((x A)) (s x y))))"), [""; 0]);
    assert_eq!(cycle("(assert (forall ((x A)) (exists ((y B)) (r x y))))"), [""; 0]);
    assert_eq!(cycle("(declare-fun f (B) A) (assert (forall ((x A)) (exists ((y B)) (r x y))))"), ["A", "B"]);
    let word = "(define-fun some ((x A)) Bool (exists ((y A)) (s x y)))";
    assert_eq!(cycle(&format!("{word} (assert (forall ((x A)) (some x)))")), ["A"]);
    assert_eq!(cycle(&format!("{word} (assert (forall ((x A)) (not (some x))))")), [""; 0]);
    assert_eq!(cycle(&format!("{word} (assert (forall ((x A)) (= (some x) (some x))))")), ["A"]);
}

#[test]
fn every_proof_is_decidable() {
    for name in super::MODULES {
        let module = super::load(super::root(), name).unwrap();
        for obligation in super::obligations(&module).unwrap() {
            if obligation.purpose == super::Purpose::Proof {
                assert_eq!(cycle(&obligation.script), BTreeSet::new(), "{}", obligation.name);
            }
        }
    }
}
