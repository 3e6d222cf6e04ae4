//! MPI, by the crate `mpi`. One thread has the library to itself and does what the others ask for by messages, so that waiting
//! for processes that are gone can be given up.

use super::{Collective, Lost};
use crate::interrupt;
use mpi::collective::SystemOperation;
use mpi::traits::{Communicator, CommunicatorCollectives, Root};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long the others are waited for after this process was told to end. `mpirun` ends all when one has gone, and leaves
/// them a second.
const PATIENCE: Duration = Duration::from_millis(400);
/// Between two looks at whether it was told to.
const PAUSE: Duration = Duration::from_millis(20);

enum Wish {
    Sum(Vec<f32>),
    OfTheFirst(Vec<f32>),
}

/// The processes that `mpirun` has started.
#[derive(Debug)]
pub(super) struct Mpi {
    rank: usize,
    size: usize,
    thread: Mutex<Option<Thread>>,
}

#[derive(Debug)]
struct Thread {
    wishes: Sender<Wish>,
    answers: Receiver<Vec<f32>>,
    handle: JoinHandle<()>,
}

impl Mpi {
    pub(super) fn start() -> Result<Self, String> {
        let (wishes, to_do) = channel();
        let (answer, answers) = channel();
        let (tell, told) = channel();
        let work = move || serve(&tell, &to_do, &answer);
        let handle =
            std::thread::Builder::new().name("mpi".into()).spawn(work).map_err(|error| error.to_string())?;
        let (rank, size) =
            told.recv().map_err(|_| "it was initialised before, or has no threads".to_owned())?;
        Ok(Self { rank, size, thread: Mutex::new(Some(Thread { wishes, answers, handle })) })
    }

    fn ask(&self, wish: Wish) -> Result<Vec<f32>, Lost> {
        let lost = Lost { size: self.size };
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        let Thread { wishes, answers, .. } = thread.as_ref().ok_or(lost)?;
        wishes.send(wish).map_err(|_| lost)?;
        let mut told_to_end = None;
        loop {
            match answers.recv_timeout(PAUSE) {
                Ok(numbers) => return Ok(numbers),
                Err(RecvTimeoutError::Disconnected) => return Err(lost),
                Err(RecvTimeoutError::Timeout) if interrupt::requested() => {
                    // The others may have been told as well, and are on their way here.
                    if told_to_end.get_or_insert_with(Instant::now).elapsed() > PATIENCE {
                        return Err(lost);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }
}

/// What the thread does until nobody has wishes any more.
fn serve(tell: &Sender<(usize, usize)>, to_do: &Receiver<Wish>, answer: &Sender<Vec<f32>>) {
    let Some((universe, _)) = mpi::initialize_with_threading(mpi::Threading::Funneled) else { return };
    let world = universe.world();
    let _ = tell.send((world.rank() as usize, world.size() as usize));
    for wish in to_do {
        let numbers = match wish {
            Wish::Sum(numbers) => {
                let mut sums = vec![0.0; numbers.len()];
                world.all_reduce_into(&numbers[..], &mut sums[..], SystemOperation::sum());
                sums
            }
            Wish::OfTheFirst(mut numbers) => {
                world.process_at_rank(0).broadcast_into(&mut numbers[..]);
                numbers
            }
        };
        if answer.send(numbers).is_err() {
            break;
        }
    }
}

impl Collective for Mpi {
    fn rank(&self) -> usize {
        self.rank
    }

    fn size(&self) -> usize {
        self.size
    }

    fn sum(&self, numbers: Vec<f32>) -> Result<Vec<f32>, Lost> {
        self.ask(Wish::Sum(numbers))
    }

    fn of_the_first(&self, numbers: Vec<f32>) -> Result<Vec<f32>, Lost> {
        self.ask(Wish::OfTheFirst(numbers))
    }

    fn close(&self) {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Thread { wishes, answers, handle }) = thread {
            drop((wishes, answers));
            let _ = handle.join();
        }
    }
}
