//! SMT-LIB as data: read, rewritten, written.

use std::collections::BTreeSet;
use std::fmt;

/// A symbol, number or keyword, or a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Term {
    /// One word.
    Word(String),
    /// A list.
    List(Vec<Term>),
}

/// A form of a file, with the comment above it.
pub(super) struct Form {
    /// The comment, without its semicolons.
    pub(super) doc: String,
    /// The form.
    pub(super) term: Term,
}

impl Term {
    /// The word, if it is one.
    pub(super) fn word(&self) -> Option<&str> {
        match self {
            Term::Word(word) => Some(word),
            Term::List(_) => None,
        }
    }

    /// The parts of a list; none of a word.
    pub(super) fn parts(&self) -> &[Term] {
        match self {
            Term::Word(_) => &[],
            Term::List(parts) => parts,
        }
    }

    /// Every word in it.
    pub(super) fn words(&self) -> BTreeSet<&str> {
        match self {
            Term::Word(word) => BTreeSet::from([word.as_str()]),
            Term::List(parts) => parts.iter().flat_map(Term::words).collect(),
        }
    }

    /// The same with every word replaced.
    pub(super) fn map(&self, replace: &impl Fn(&str) -> String) -> Term {
        match self {
            Term::Word(word) => Term::Word(replace(word)),
            Term::List(parts) => Term::List(parts.iter().map(|part| part.map(replace)).collect()),
        }
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Term::Word(word) => f.write_str(word),
            Term::List(parts) => {
                f.write_str("(")?;
                for (i, part) in parts.iter().enumerate() {
                    write!(f, "{}{part}", if i > 0 { " " } else { "" })?;
                }
                f.write_str(")")
            }
        }
    }
}

/// Reads every form of `text`. A blank line ends a comment that belongs to no form.
pub(super) fn read(text: &str) -> Result<Vec<Form>, String> {
    let (mut forms, mut doc) = (Vec::new(), String::new());
    let mut open: Vec<Vec<Term>> = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let (code, comment) =
            line.split_once(';').map_or((line, None), |(code, comment)| (code, Some(comment)));
        match comment {
            Some(comment) if open.is_empty() && code.trim().is_empty() => {
                [doc.as_str(), comment.trim_start_matches(';').trim()].join(" ").trim().clone_into(&mut doc);
            }
            None if open.is_empty() && code.trim().is_empty() => doc.clear(),
            Some(_) | None => {}
        }
        for word in code.replace('(', " ( ").replace(')', " ) ").split_whitespace() {
            let done = match word {
                "(" => {
                    open.push(Vec::new());
                    continue;
                }
                ")" => {
                    Term::List(open.pop().ok_or_else(|| format!("line {number}: a parenthesis too many"))?)
                }
                word => Term::Word(word.to_owned()),
            };
            match open.last_mut() {
                Some(parts) => parts.push(done),
                None => forms.push(Form { doc: std::mem::take(&mut doc), term: done }),
            }
        }
    }
    if open.is_empty() { Ok(forms) } else { Err("a parenthesis is never closed".into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_come_with_the_comment_above_them() {
        let forms = read("; lost\n\n; what\n;; it is\n(a (b c) ; not this\n d)\n(e)").unwrap();
        assert_eq!(forms.len(), 2);
        assert_eq!((forms[0].doc.as_str(), forms[1].doc.as_str()), ("what it is", ""));
        assert_eq!(forms[0].term.to_string(), "(a (b c) d)");
        assert_eq!(forms[0].term.map(&|word| format!("{word}+")).to_string(), "(a+ (b+ c+) d+)");
        assert!(read("(a").is_err() && read("a)").is_err());
    }
}
