//! Where each part of a state lies in its numbers.
//!
//! A number has 32 bits, and most parts of a state need few of them: an actor that was seen in fifty states needs
//! six. So parts share numbers. How many bits a part gets is decided before the search by a scout's findings; a
//! part that turns out to need more ends the search, and it starts again with more room ([`Layout::holds`]).

use crate::check::search::Id;

/// Numbers that a state may have at most.
pub(super) const MAX_WIDTH: usize = 64;

/// Some bits of one number of a state.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Field {
    word: usize,
    shift: u32,
    bits: u32,
}

impl Field {
    #[inline]
    const fn mask(self) -> Id {
        ((1_u64 << self.bits) - 1) as Id
    }

    pub(super) const fn bits(self) -> u32 {
        self.bits
    }

    /// How many values it can tell apart.
    pub(super) const fn capacity(self) -> u64 {
        1 << self.bits
    }

    #[inline]
    pub(super) fn get(self, state: &[Id]) -> Id {
        (state[self.word] >> self.shift) & self.mask()
    }

    #[inline]
    pub(super) fn set(self, state: &mut [Id], value: Id) {
        let word = &mut state[self.word];
        *word = *word & !(self.mask() << self.shift) | ((value & self.mask()) << self.shift);
    }
}

/// How many of each there are, or may be.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Sizes {
    /// States of each actor.
    pub(super) seats: Vec<usize>,
    /// Boxes of mail, if mail lies in boxes.
    pub(super) boxes: usize,
    /// Histories.
    pub(super) arounds: usize,
    /// Letters, if each has a bit of its own.
    pub(super) letters: usize,
}

impl Sizes {
    /// Somewhat more: what a scout overlooked.
    pub(super) fn with_slack(&self) -> Self {
        Self {
            seats: self.seats.iter().map(|seats| seats + seats / 2).collect(),
            boxes: self.boxes * 4,
            arounds: self.arounds + self.arounds / 2,
            letters: self.letters + self.letters / 16,
        }
    }

    /// Twice as many, after it turned out that somewhat more was too little.
    pub(super) fn doubled(&self) -> Self {
        Self {
            seats: self.seats.iter().map(|seats| seats * 2).collect(),
            boxes: self.boxes * 4,
            arounds: self.arounds * 2,
            letters: self.letters * 2,
        }
    }
}

/// Where each part lies.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Layout {
    pub(super) seats: Vec<Field>,
    /// A box for each actor and one for mail to nobody, if mail lies in boxes.
    pub(super) boxes: Vec<Field>,
    pub(super) around: Field,
    /// The bit of the first letter, counted from the first bit of the first number.
    first_letter: usize,
    letters: usize,
    width: usize,
}

impl Layout {
    /// Room for so many, and what is left of the last number for letters. Nothing if that is too much.
    pub(super) fn new(sizes: &Sizes, in_boxes: bool) -> Option<Self> {
        let mut used: Vec<u32> = Vec::new();
        let seats = sizes.seats.iter().map(|count| place(&mut used, bits_for(*count))).collect();
        let count = if in_boxes { sizes.seats.len() + 1 } else { 0 };
        let boxes = (0..count).map(|_| place(&mut used, bits_for(sizes.boxes))).collect();
        let around = place(&mut used, bits_for(sizes.arounds));
        let first_letter = used.last().map_or(0, |last| (used.len() - 1) * 32 + *last as usize);
        let letters = if in_boxes { 0 } else { sizes.letters };
        let width = (first_letter + letters).div_ceil(32).max(used.len()).max(1);
        let letters = if in_boxes { 0 } else { width * 32 - first_letter };
        (width <= MAX_WIDTH).then_some(Self { seats, boxes, around, first_letter, letters, width })
    }

    /// Whether everything fits.
    pub(super) fn holds(&self, sizes: &Sizes, in_boxes: bool) -> bool {
        let fits = |field: &Field, count: usize| count as u64 <= field.capacity();
        let seats = self.seats.iter().zip(&sizes.seats).all(|(field, count)| fits(field, *count));
        let mail = if in_boxes {
            self.boxes.iter().all(|field| fits(field, sizes.boxes))
        } else {
            sizes.letters <= self.letters
        };
        seats && mail && fits(&self.around, sizes.arounds)
    }

    /// How many numbers make up a state.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// In which number of a state a letter has its bit, and which one.
    #[inline]
    pub(super) const fn bit(&self, letter: Id) -> (usize, Id) {
        let bit = self.first_letter + letter as usize;
        (bit / 32, 1 << (bit % 32))
    }

    #[inline]
    pub(super) fn has(&self, state: &[Id], letter: Id) -> bool {
        let (word, bit) = self.bit(letter);
        state[word] & bit != 0
    }

    #[inline]
    pub(super) fn add(&self, state: &mut [Id], letter: Id) {
        let (word, bit) = self.bit(letter);
        state[word] |= bit;
    }

    #[inline]
    pub(super) fn remove(&self, state: &mut [Id], letter: Id) {
        let (word, bit) = self.bit(letter);
        state[word] &= !bit;
    }

    /// Tells `each` of the letters of a state.
    pub(super) fn letters(&self, state: &[Id], each: impl FnMut(Id)) {
        self.letters_among(state, |_| Id::MAX, each);
    }

    /// Tells `each` of the letters of a state that are among those of `which`.
    #[inline]
    pub(super) fn letters_among(&self, state: &[Id], which: impl Fn(usize) -> Id, mut each: impl FnMut(Id)) {
        if self.letters == 0 {
            return;
        }
        let mut skipped = (1_u32 << (self.first_letter % 32)) - 1;
        for (word, bits) in state.iter().enumerate().skip(self.first_letter / 32) {
            let mut bits = bits & !skipped;
            skipped = 0;
            if bits != 0 {
                bits &= which(word);
            }
            while bits != 0 {
                each((word * 32 + bits.trailing_zeros() as usize - self.first_letter) as Id);
                bits &= bits - 1;
            }
        }
    }
}

/// The bits that tell so many values apart.
fn bits_for(count: usize) -> u32 {
    (count.max(1) - 1).checked_ilog2().map_or(0, |log| log + 1).min(32)
}

/// Bits in the first number that has room.
fn place(used: &mut Vec<u32>, bits: u32) -> Field {
    let free = used.iter().position(|used| used + bits <= 32);
    let word = free.unwrap_or_else(|| {
        used.push(0);
        used.len() - 1
    });
    let field = Field { word, shift: used[word] % 32, bits };
    used[word] += bits;
    field
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_overlap() {
        let sizes = Sizes { seats: vec![1, 2, 700, 70_000], boxes: 0, arounds: 3, letters: 77 };
        let layout = Layout::new(&sizes, false).unwrap();
        assert!(layout.holds(&sizes, false));
        let mut state = vec![0; layout.width()];
        for (field, count) in layout.seats.iter().zip(&sizes.seats) {
            field.set(&mut state, *count as Id - 1);
        }
        layout.around.set(&mut state, 2);
        for letter in (0..77).step_by(3) {
            layout.add(&mut state, letter);
        }
        layout.add(&mut state, 1);
        layout.remove(&mut state, 1);
        for (field, count) in layout.seats.iter().zip(&sizes.seats) {
            assert_eq!(field.get(&state), *count as Id - 1);
        }
        assert_eq!(layout.around.get(&state), 2);
        let mut seen = Vec::new();
        layout.letters(&state, |letter| seen.push(letter));
        assert_eq!(seen, (0..77).step_by(3).collect::<Vec<Id>>());
        assert!(layout.has(&state, 3) && !layout.has(&state, 1));
    }

    #[test]
    fn what_does_not_fit_is_noticed() {
        let sizes = Sizes { seats: vec![4, 1], boxes: 8, arounds: 1, letters: 20 };
        let bits = Layout::new(&sizes, false).unwrap();
        assert_eq!(bits.width(), 1);
        assert!(!bits.holds(&Sizes { seats: vec![5, 1], ..sizes.clone() }, false));
        assert!(!bits.holds(&Sizes { seats: vec![4, 2], ..sizes.clone() }, false));
        assert!(!bits.holds(&Sizes { arounds: 2, ..sizes.clone() }, false));
        assert!(!bits.holds(&Sizes { letters: 31, ..sizes.clone() }, false));
        assert!(bits.holds(&Sizes { letters: 30, ..sizes.clone() }, false));
        let boxes = Layout::new(&sizes, true).unwrap();
        assert!(!boxes.holds(&Sizes { boxes: 9, ..sizes.clone() }, true));
        assert!(Layout::new(&Sizes { letters: MAX_WIDTH * 32 + 1, ..sizes }, false).is_none());
    }
}
