//! Where a search begins: `quorate check --from`.

use super::{Wrong, files};
use crate::catalog::starts::{self, Start};
use crate::run::Run;
use crate::world::Model;
use std::path::Path;

/// The first choices, from whose end a search goes on.
#[derive(Clone, Debug)]
pub(super) struct Beginning {
    /// A start's name, or a run file's.
    pub(super) name: String,
    /// What happens first, by name.
    pub(super) choices: Vec<String>,
    /// A model in which that is possible.
    pub(super) model: Model,
}

impl From<&Start> for Beginning {
    fn from(start: &Start) -> Self {
        let choices = start.choices.iter().map(|name| (*name).to_owned()).collect();
        Self { name: start.name.into(), choices, model: start.model() }
    }
}

/// The start of this name, or the choices of this run file.
pub(super) fn find(name: &str) -> Result<Beginning, Wrong> {
    if let Some(start) = starts::named(name) {
        return Ok(start.into());
    }
    let path = Path::new(name);
    if path.extension().is_none_or(|extension| !extension.eq_ignore_ascii_case("json")) {
        let known: Vec<&str> = starts::ALL.iter().map(|start| start.name).collect();
        return Err(Wrong(format!(
            "--from: there is no start \"{name}\", and it is no .json file; starts are {}",
            known.join(", ")
        )));
    }
    let run = Run::parse(&files::read(path)?).map_err(|error| Wrong(format!("{name}: {error}")))?;
    let choices = run.choices.into_iter().map(|(_, name)| name).collect();
    Ok(Beginning { name: name.into(), choices, model: run.model })
}
