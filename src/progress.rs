//! A bar on stderr, for runs that take long enough to wonder.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// Nothing is drawn before: most runs are over by then.
const PATIENCE: Duration = Duration::from_secs(1);
const FRAME: Duration = Duration::from_millis(100);

/// What workers count up. Drawing happens on a thread of its own, so that they never wait for the terminal.
#[derive(Default)]
pub(crate) struct Counter {
    done: AtomicU64,
    total: AtomicU64,
}

impl Counter {
    /// Says how much there is to do.
    pub(crate) fn start(&self, total: u64) {
        self.total.store(total, Ordering::Relaxed);
    }

    /// One more is done.
    pub(crate) fn tick(&self) {
        self.done.fetch_add(1, Ordering::Relaxed);
    }
}

/// Runs something, with a bar if it takes long.
pub(crate) fn watch<R>(shown: bool, run: impl FnOnce(&Counter) -> R) -> R {
    let counter = std::sync::Arc::new(Counter::default());
    let painter = shown.then(|| Painter::start(counter.clone()));
    let result = run(&counter);
    if let Some(painter) = painter {
        painter.stop();
    }
    result
}

struct Painter {
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

impl Painter {
    fn start(counter: std::sync::Arc<Counter>) -> Self {
        let (stop, stopped) = channel();
        let thread = std::thread::spawn(move || {
            let mut bar: Option<ProgressBar> = None;
            let mut wait = PATIENCE;
            while stopped.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
                wait = FRAME;
                let bar = bar.get_or_insert_with(new_bar);
                bar.set_length(counter.total.load(Ordering::Relaxed));
                bar.set_position(counter.done.load(Ordering::Relaxed));
            }
            if let Some(bar) = bar {
                bar.finish_and_clear();
            }
        });
        Self { stop, thread }
    }

    /// The bar is gone when this returns: nothing else is on the line when results are printed.
    fn stop(self) {
        drop(self.stop);
        let _ = self.thread.join();
    }
}

fn new_bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} files, {elapsed}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> "));
    bar.with_elapsed(PATIENCE)
}
