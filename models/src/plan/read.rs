//! Taking single values out of a parsed file, each with its place and the path of its field.

use super::error::{ClusterError, Fault, Place, TWICE};
use super::file::Length;
use super::length;
use quorate::time::Span;
use std::ops::Range;
use toml::Spanned;

/// Where a value stands.
pub(super) type At = Range<usize>;

/// The text that is read, to say where things are in it.
pub(super) struct Reader<'a> {
    pub(super) file: &'a str,
    pub(super) text: &'a str,
}

type Result<T> = std::result::Result<T, ClusterError>;

/// How much of a value is repeated in an error.
const EXCERPT: usize = 40;
const NAME: &str = "1 to 24 letters, digits, dots, dashes or underscores";
const TITLE: &str = "1 to 60 characters, none of them a control character";

impl Reader<'_> {
    pub(super) fn fail(&self, at: Option<&At>, field: &str, fault: Fault) -> ClusterError {
        let at = at.map(|at| self.place(at.start));
        ClusterError { file: self.file.to_owned(), at, field: field.to_owned(), fault }
    }

    fn place(&self, offset: usize) -> Place {
        let before = &self.text.as_bytes()[..offset.min(self.text.len())];
        let line = before.split(|byte| *byte == b'\n').count();
        let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
        let column = 1 + String::from_utf8_lossy(&before[start..]).chars().count();
        // The text is at most a mebibyte long.
        Place { line: line as u32, column: column as u32 }
    }

    /// What the parser says, with the path it knows and the text it means.
    pub(super) fn refusal(&self, mut error: toml::de::Error, fault: fn(String) -> Fault) -> ClusterError {
        let span = error.span();
        // Without the text, the error names the path of the field instead of drawing its place.
        error.set_input(None);
        let shown = error.to_string();
        let field = shown.rsplit_once("\nin `").and_then(|(_, path)| path.trim_end().strip_suffix('`'));
        let message = match span.as_ref().and_then(|at| self.text.get(at.clone())) {
            Some(key) if error.message() == TWICE => format!("{TWICE} `{}`", printable(key, EXCERPT)),
            Some(_) | None => plain(&printable(error.message(), 4 * EXCERPT)),
        };
        self.fail(
            span.as_ref(),
            &field.map(|path| printable(path, EXCERPT)).unwrap_or_default(),
            fault(message),
        )
    }

    pub(super) fn needed<'v, T>(
        &self,
        value: Option<&'v Spanned<T>>,
        at: Option<&At>,
        field: &str,
        example: &'static str,
    ) -> Result<&'v Spanned<T>> {
        value.ok_or_else(|| self.fail(at, field, Fault::Missing { example }))
    }

    pub(super) fn length(&self, value: &Spanned<Length>, field: &str) -> Result<Span> {
        let text = &value.get_ref().0;
        let fault = match length::read(text) {
            Some(span) if span <= length::LONGEST => return Ok(span),
            Some(_) => Fault::Range { given: printable(text, EXCERPT), allowed: "0s to 24h".to_owned() },
            None => Fault::Length { given: printable(text, EXCERPT) },
        };
        Err(self.fail(Some(&value.span()), field, fault))
    }

    pub(super) fn length_or(
        &self,
        value: Option<&Spanned<Length>>,
        field: &str,
        otherwise: Span,
    ) -> Result<Span> {
        value.map_or(Ok(otherwise), |value| self.length(value, field))
    }

    /// A whole number that fits `T` and is at least `min` and at most `max`.
    pub(super) fn number<T: TryFrom<i64>>(
        &self,
        value: &Spanned<i64>,
        field: &str,
        min: i64,
        max: i64,
    ) -> Result<T> {
        let given = *value.get_ref();
        let inside = (min..=max).contains(&given).then(|| T::try_from(given).ok()).flatten();
        inside.ok_or_else(|| {
            let fault = Fault::Range { given: given.to_string(), allowed: format!("{min} to {max}") };
            self.fail(Some(&value.span()), field, fault)
        })
    }

    /// A name of a node or a zone: short and without blanks, so that it can be listed.
    pub(super) fn name(&self, value: &Spanned<String>, field: &str) -> Result<String> {
        let name = value.get_ref();
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        if (1..=24).contains(&name.len()) && name.chars().all(fits) {
            return Ok(name.clone());
        }
        let fault = Fault::Name { given: printable(name, EXCERPT), allowed: NAME };
        Err(self.fail(Some(&value.span()), field, fault))
    }

    /// A name for people.
    pub(super) fn title(&self, value: &Spanned<String>, field: &str) -> Result<String> {
        let title = value.get_ref().trim();
        if (1..=60).contains(&title.chars().count()) && !title.chars().any(char::is_control) {
            return Ok(title.to_owned());
        }
        let fault = Fault::Name { given: printable(title, EXCERPT), allowed: TITLE };
        Err(self.fail(Some(&value.span()), field, fault))
    }

    pub(super) fn conflict(
        &self,
        at: &At,
        field: &str,
        what: String,
        mend: impl Into<String>,
    ) -> ClusterError {
        self.fail(Some(at), field, Fault::Conflict { what, mend: mend.into() })
    }

    pub(super) fn word(&self, at: &At, field: &str, given: &str, allowed: &'static str) -> ClusterError {
        self.fail(Some(at), field, Fault::Word { given: printable(given, EXCERPT), allowed })
    }
}

/// The parser's message without the names of Rust's types.
fn plain(message: &str) -> String {
    let words = [
        (" as i128", ""),
        (" as u128", ""),
        ("expected i64", "expected a whole number of at most 19 digits"),
        ("expected a boolean", "expected true or false"),
        ("invalid digit found in string", "not a number"),
        ("number too large to fit in target type", "a number that is too large"),
    ];
    words.iter().fold(message.to_owned(), |message, (theirs, ours)| message.replace(theirs, ours))
}

/// At most `most` characters of `text`, without anything that could upset a terminal.
pub(super) fn printable(text: &str, most: usize) -> String {
    let mut shown: String = text.chars().take(most).flat_map(char::escape_debug).collect();
    // Quotes are not what upsets a terminal.
    shown = shown.replace("\\\"", "\"").replace("\\'", "'");
    if text.chars().nth(most).is_some() {
        shown.push('…');
    }
    shown
}
