//! The thread that paints the board and reads the keys.
//!
//! `q` interrupts the run as Ctrl-C does, once: the run ends after its step, with a checkpoint. Ctrl-C itself is a signal to
//! the process, as it would be without this screen; a second one ends it at once.

use super::board::Board;
use super::{lock, panels};
use crate::report::live::terminal;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Between two pictures; the trainer needs the cores.
const BETWEEN: Duration = Duration::from_millis(250);
/// How long a key waits at most.
const PATIENCE: Duration = Duration::from_millis(50);

/// The painter's thread; it stops, and the terminal is as before, when this is dropped.
#[derive(Debug)]
pub(super) struct Painter {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Painter {
    /// Begins to paint.
    ///
    /// # Errors
    /// There is no thread to be had.
    pub(super) fn start(board: Arc<Mutex<Board>>) -> io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let paint = move || {
            // A terminal that is gone takes the picture with it, not the run.
            if let Err(error) = paint(&board, &stopped) {
                tracing::debug!("nothing is painted any more: {error}");
            }
        };
        let thread = std::thread::Builder::new().name("painter".into()).spawn(paint)?;
        Ok(Self { stop, thread: Some(thread) })
    }
}

impl Drop for Painter {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // It panicked: the terminal was released by the hook.
            let _ = thread.join();
        }
        terminal::release();
    }
}

fn paint(board: &Mutex<Board>, stop: &AtomicBool) -> io::Result<()> {
    let mut screen = Terminal::new(CrosstermBackend::new(io::stderr()))?;
    let mut painted: Option<Instant> = None;
    // The terminal may be released behind our back: by a panic, or a second signal.
    while !stop.load(Ordering::Relaxed) && terminal::is_taken() {
        if painted.is_none_or(|painted| painted.elapsed() >= BETWEEN) {
            painted = Some(Instant::now());
            let board = lock(board).clone();
            screen.draw(|frame| panels::draw(frame, &board))?;
        }
        if event::poll(PATIENCE)? {
            match event::read()? {
                Event::Key(key) if key.kind != KeyEventKind::Release => obey(key, board),
                Event::Resize(..) => {}
                _ => continue,
            }
            painted = None;
        }
    }
    Ok(())
}

fn obey(key: KeyEvent, board: &Mutex<Board>) {
    let control_c = key.modifiers.contains(KeyModifiers::CONTROL) && key.code == KeyCode::Char('c');
    match key.code {
        KeyCode::Char('q') if lock(board).ending => {}
        KeyCode::Char(_) if control_c || key.code == KeyCode::Char('q') => {
            lock(board).ending = true;
            // To the process: whoever watches its signals does the rest.
            if let Err(error) = kill(Pid::this(), Signal::SIGINT) {
                tracing::warn!("the run cannot be interrupted: {error}");
            }
        }
        KeyCode::Tab => lock(board).look_further(),
        _ => {}
    }
}
