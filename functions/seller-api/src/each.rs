//! Asks the table about many things side by side, and not about all at once.

use koogallery_store::StoreError;
use tokio::task::JoinSet;

use crate::problem::{Kind, Problem};

/// So many are asked about side by side.
const SIDE_BY_SIDE: usize = 16;

/// What `ask` says of each, in no order. The first failure ends it.
pub(crate) async fn each<T, R, F>(things: impl IntoIterator<Item = T>, ask: impl Fn(T) -> F) -> Result<Vec<R>, Problem>
where
    R: Send + 'static,
    F: Future<Output = Result<R, StoreError>> + Send + 'static,
{
    let (mut waiting, mut asked, mut answers) = (things.into_iter(), JoinSet::new(), Vec::new());
    loop {
        while asked.len() < SIDE_BY_SIDE
            && let Some(thing) = waiting.next()
        {
            asked.spawn(ask(thing));
        }
        match asked.join_next().await {
            Some(Ok(answer)) => answers.push(answer?),
            Some(Err(error)) => {
                return Err(Problem::new(Kind::Internal, "a read broke off: try again").because(error));
            }
            None => return Ok(answers),
        }
    }
}
