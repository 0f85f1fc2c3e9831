//! Lists that stand in several partitions of an index, read one after the other until there is enough: the first alone, which is
//! the usual case of a long list, then two side by side, then four. So a short list in many partitions takes few round trips, and
//! a long one reads nothing that it does not show.

use std::future::Future;

use crate::table::client::StoreError;

/// So many partitions are read side by side at most.
const MOST: u8 = 32;

/// Where a reading goes on: the number of a partition, and after which entry of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part<A> {
    pub(super) number: u8,
    pub(super) after: Option<A>,
}

/// Up to `limit` entries from a place on, in the order of the partitions, and where the next page begins. `read` reads up to so many
/// entries of a part, and says after which one there may be more; `after` is the place of an entry.
pub(super) async fn read_parts<A, E, F>(
    parts: u8,
    from: Part<A>,
    limit: usize,
    read: impl Fn(Part<A>, usize) -> F,
    after: impl Fn(&E) -> A,
) -> Result<(Vec<E>, Option<Part<A>>), StoreError>
where
    A: Clone,
    F: Future<Output = Result<(Vec<E>, Option<A>), StoreError>>,
{
    let (mut found, mut next, mut together) = (Vec::with_capacity(limit), from, 1_u8);
    while found.len() < limit && next.number < parts {
        let end = parts.min(next.number.saturating_add(together));
        let others = (next.number + 1..end).map(|number| Part { number, after: None });
        let wave: Vec<Part<A>> = std::iter::once(next).chain(others).collect();
        let room = limit - found.len();
        let answers = futures_util::future::try_join_all(wave.iter().map(|part| read(part.clone(), room))).await?;
        next = Part { number: end, after: None };
        for (part, (mut entries, last)) in wave.into_iter().zip(answers) {
            let room = limit - found.len();
            if entries.len() > room {
                // What has no place on this page begins the next one.
                entries.truncate(room);
                next = Part { after: entries.last().map(&after).or(part.after), ..part };
                found.extend(entries);
                break;
            }
            found.extend(entries);
            if last.is_some() {
                next = Part { after: last, ..part };
                break;
            }
        }
        together = together.saturating_mul(2).min(MOST);
    }
    Ok((found, Some(next).filter(|next| next.number < parts)))
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    /// Partitions of numbers: reads as an index does, which says that there may be more whenever a page is full.
    async fn pages(parts: &[&[u32]], limit: usize) -> (Vec<Vec<u32>>, Vec<usize>) {
        let (mut pages, mut from, waves) =
            (Vec::new(), Some(Part { number: 0, after: None }), RefCell::new(Vec::new()));
        while let Some(place) = from {
            let read = |part: Part<u32>, room: usize| {
                waves.borrow_mut().push(usize::from(part.number));
                let rest = parts[usize::from(part.number)].iter().copied();
                let found: Vec<u32> =
                    rest.filter(|entry| part.after.is_none_or(|after| *entry > after)).take(room).collect();
                let last = found.last().copied().filter(|_| found.len() == room);
                std::future::ready(Ok((found, last)))
            };
            let (found, next) =
                read_parts(u8::try_from(parts.len()).unwrap(), place, limit, read, |entry| *entry).await.unwrap();
            pages.push(found);
            from = next;
        }
        (pages, waves.into_inner())
    }

    #[tokio::test]
    async fn each_entry_is_on_one_page_however_the_parts_are_filled() {
        let full: Vec<u32> = (0..10).collect();
        let of = |parts: [&[u32]; 7]| parts.map(<[u32]>::to_vec).to_vec();
        for parts in [
            of([&full, &[], &[20, 21], &[], &[], &[30], &[31, 32, 33, 34, 35]]),
            of([&[]; 7]),
            of([&[1], &[2], &[3], &[4], &[5], &[6], &[7]]),
        ] {
            let parts: Vec<&[u32]> = parts.iter().map(Vec::as_slice).collect();
            let all: Vec<u32> = parts.iter().flat_map(|part| part.iter().copied()).collect();
            for limit in 1..12 {
                let (pages, _) = pages(&parts, limit).await;
                assert_eq!(pages.concat(), all, "{limit}");
                assert!(pages.iter().all(|page| page.len() <= limit));
            }
        }
    }

    #[tokio::test]
    async fn a_full_part_is_read_alone() {
        let full: Vec<u32> = (0..10).collect();
        let (_, read) = pages(&[&full, &[]], 5).await;
        assert_eq!(read[..2], [0, 0]);
    }
}
