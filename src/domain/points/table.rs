//! Whole numbers in rows, of which each column takes as many bytes as the span of its numbers needs: what is
//! alike in all rows takes none.

/// So many numbers make a row.
const COLUMNS: usize = 5;

/// The numbers of one row.
pub(super) type Row = [u64; COLUMNS];

/// Rows of numbers; those that are alike are held alike.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Table {
    /// The least number of each column: what is held is what each is more.
    least: Row,
    /// The bytes that each column takes.
    widths: [u8; COLUMNS],
    rows: u32,
    bytes: Box<[u8]>,
}

impl Table {
    /// Takes rows in.
    pub(super) fn new(rows: &[Row]) -> Self {
        let column = |number: usize| rows.iter().filter_map(move |row| row.get(number).copied());
        let least: Row = std::array::from_fn(|number| column(number).min().unwrap_or(0));
        let most: Row = std::array::from_fn(|number| column(number).max().unwrap_or(0));
        let mut widths = [0; COLUMNS];
        for ((width, least), most) in widths.iter_mut().zip(least).zip(most) {
            *width = u8::try_from((u64::BITS - (most - least).leading_zeros()).div_ceil(8)).unwrap_or(8);
        }
        let mut bytes =
            Vec::with_capacity(rows.len() * widths.iter().copied().map(usize::from).sum::<usize>());
        for row in rows {
            for ((number, least), width) in row.iter().zip(least).zip(widths) {
                bytes.extend((number - least).to_le_bytes().into_iter().take(width.into()));
            }
        }
        Self { least, widths, rows: super::place(rows.len()), bytes: bytes.into() }
    }

    /// How many rows there are.
    pub(super) const fn len(&self) -> u32 {
        self.rows
    }

    #[cfg(test)]
    pub(super) const fn bytes_held(&self) -> usize {
        self.bytes.len()
    }

    /// The first numbers of one of them; all, where so many are asked for.
    pub(super) fn first<const COUNT: usize>(&self, row: u32) -> Option<[u64; COUNT]> {
        if row >= self.rows {
            return None;
        }
        let mut rest = self.bytes.get(super::index(row) * self.row_bytes()..)?;
        let mut numbers = *self.least.first_chunk()?;
        for (number, width) in numbers.iter_mut().zip(self.widths) {
            let (bytes, behind) = rest.split_at_checked(width.into())?;
            rest = behind;
            *number += as_number(bytes);
        }
        Some(numbers)
    }

    /// One number of one of them.
    pub(super) fn number(&self, row: u32, column: usize) -> Option<u64> {
        if row >= self.rows {
            return None;
        }
        let before: usize = self.widths.get(..column)?.iter().copied().map(usize::from).sum();
        let from = super::index(row) * self.row_bytes() + before;
        let bytes = self.bytes.get(from..from + usize::from(*self.widths.get(column)?))?;
        Some(self.least.get(column)? + as_number(bytes))
    }

    fn row_bytes(&self) -> usize {
        self.widths.iter().copied().map(usize::from).sum()
    }
}

fn as_number(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, byte| (number << 8) | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn each_number_comes_out_as_it_went_in(
            spans in any::<[u64; COLUMNS]>(),
            parts in prop::collection::vec(any::<[u64; COLUMNS]>(), 0..5)
        ) {
            let within = |part: &Row| std::array::from_fn(|number| part[number] % spans[number].max(1));
            let rows: Vec<Row> = parts.iter().map(within).chain([[u64::MAX; COLUMNS], spans]).collect();
            for rows in [&rows[..parts.len()], &rows] {
                let table = Table::new(rows);
                let count = u32::try_from(rows.len()).unwrap();
                let held: Vec<Row> = (0..count).filter_map(|row| table.first(row)).collect();
                for (row, place) in held.iter().zip(0..) {
                    prop_assert_eq!(table.first(place), row.first_chunk::<2>().copied());
                    let each = (0..COLUMNS).map(|column| table.number(place, column).unwrap());
                    prop_assert!(each.eq(row.iter().copied()));
                }
                prop_assert_eq!(held, rows);
                prop_assert_eq!((table.len(), table.first::<2>(count), table.first::<1>(u32::MAX)), (count, None, None));
                prop_assert_eq!((table.number(count, 0), table.number(0, COLUMNS)), (None, None));
            }
        }
    }

    #[test]
    fn what_is_alike_takes_no_room() {
        let table =
            Table::new(&[[7, 0, u64::MAX, 300, 1 << 40], [7, 255, u64::MAX, 44, 0], [7, 3, u64::MAX, 45, 9]]);
        assert_eq!((table.widths, table.bytes.len()), ([0, 1, 0, 2, 6], 27));
        assert_eq!(table.widths[3], 2, "256 more than the least");
    }
}
