//! Processor time of this thread, in passes: whoever takes part is measured once in every pass, so that what else the
//! machine does meets them all.

use cpu_time::ThreadTime;
use std::time::Duration;

/// What the samples of one thing say.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Figure {
    /// The middle one, in nanoseconds.
    pub median: f64,
    /// How far the middle half of the samples reaches, in hundredths of the median.
    pub spread: f64,
}

/// How long to measure.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Plan {
    /// How often everybody has its turn.
    pub passes: usize,
    /// How long a turn is.
    pub turn: Duration,
}

impl Plan {
    /// What the table is made from.
    pub const FULL: Plan = Plan { passes: 15, turn: Duration::from_millis(50) };
    /// To see whether it works.
    pub const QUICK: Plan = Plan { passes: 3, turn: Duration::from_millis(5) };
}

/// Nanoseconds for one of what `work` does `each` of in a call, until `turn` is over.
fn sample(turn: Duration, each: u64, work: &mut dyn FnMut(u64)) -> f64 {
    let begun = ThreadTime::now();
    let (mut calls, mut at_once) = (0_u64, 1_u64);
    loop {
        work(at_once);
        calls += at_once;
        let elapsed = begun.elapsed();
        if elapsed >= turn {
            return elapsed.as_nanos() as f64 / (calls * each) as f64;
        }
        // To read the clock is dear: seldom more than a hundred times in a turn.
        at_once = (at_once * 2).min((calls / 50).max(1));
    }
}

/// Measures each of `works` in every pass; each does in one call so many of what is counted.
pub fn interleaved(plan: Plan, each: u64, works: &mut [Box<dyn FnMut(u64) + '_>]) -> Vec<Figure> {
    let mut samples = vec![Vec::with_capacity(plan.passes); works.len()];
    // Once to warm up.
    for work in works.iter_mut() {
        let _ = sample(plan.turn / 4, each, work);
    }
    for pass in 0..plan.passes {
        for at in 0..works.len() {
            // In another order each time.
            let at = (at + pass) % works.len();
            samples[at].push(sample(plan.turn, each, &mut works[at]));
        }
    }
    samples.into_iter().map(figure).collect()
}

fn figure(mut samples: Vec<f64>) -> Figure {
    samples.sort_by(f64::total_cmp);
    let at = |part: usize| samples[(samples.len() - 1) * part / 4];
    Figure { median: at(2), spread: (at(3) - at(1)) / at(2) * 100.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_and_the_middle_half() {
        let figure = figure(vec![9.0, 1.0, 4.0, 3.0, 5.0]);
        assert_eq!(figure, Figure { median: 4.0, spread: 50.0 });
    }

    #[test]
    fn who_does_twice_as_much_takes_longer() {
        let spin = |rounds: u64| {
            move |times: u64| {
                for round in 0..times * rounds {
                    std::hint::black_box(round);
                }
            }
        };
        let mut works: Vec<Box<dyn FnMut(u64)>> = vec![Box::new(spin(1_000)), Box::new(spin(4_000))];
        let figures = interleaved(Plan::QUICK, 1, &mut works);
        assert!(figures[1].median > 2.0 * figures[0].median, "{figures:?}");
    }
}
