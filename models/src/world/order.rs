//! Short lists that are kept in order: effects, messages of an inbox, writes on their way.
//!
//! They have a handful of items and are in order but for one, so each goes to its place. What sorts long lists is
//! slower for these, and is several kilobytes of code for each type of item, all of which travels to the browser.

use std::cmp::Ordering;

/// Puts an item behind those that are not greater.
pub fn place<T: Ord>(list: &mut Vec<T>, item: T) {
    place_by(list, item, Ord::cmp);
}

/// Puts an item behind those that are not greater by this order.
pub fn place_by<T>(list: &mut Vec<T>, item: T, order: impl Fn(&T, &T) -> Ordering) {
    let at = list.partition_point(|other| order(other, &item).is_le());
    list.insert(at, item);
}

/// The items in this order, equal ones as they come.
pub fn in_order<T>(items: impl IntoIterator<Item = T>, order: impl Fn(&T, &T) -> Ordering) -> Vec<T> {
    let mut list = Vec::new();
    for item in items {
        place_by(&mut list, item, &order);
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_in_order_and_equal_ones_as_they_come() {
        let items = [(2, 'a'), (1, 'b'), (2, 'c'), (0, 'd'), (1, 'e')];
        let list = in_order(items, |(one, _), (other, _)| one.cmp(other));
        assert_eq!(list, [(0, 'd'), (1, 'b'), (1, 'e'), (2, 'a'), (2, 'c')]);
        let mut list = vec![1, 3];
        place(&mut list, 2);
        place(&mut list, 0);
        assert_eq!(list, [0, 1, 2, 3]);
    }
}
