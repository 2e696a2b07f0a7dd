//! Where the system refuses memory or a thread, the process ends at once, with one sentence and exit code 1.
//!
//! Nothing is unwound, and no backtrace taken: threads that wait for each other might do so for ever, and both take
//! memory, which is what there is none of. What is on disk stays.

use klgrad::export::{GoingOn, going_on};
use std::alloc::{GlobalAlloc, Layout, System};
use std::io::{Cursor, IsTerminal, Write, stderr};
use std::panic::{self, PanicHookInfo};
use std::sync::atomic::{AtomicBool, Ordering};

const MEMORY: &str = "the system refuses more memory; a higher limit (ulimit -v), or fewer threads, would be right";
const THREAD: &str =
    "the system refuses another thread; a higher limit (ulimit -u, ulimit -v), or fewer threads, would be right";
const GPU: &str = "the GPU has no more memory; shorter sequences, --precision f32 or another --device would be right";

/// What panics say where the cause was a refusal: for libtorch's tensors (from tch's `unwrap`) and in the system's words,
/// and when the standard library starts a thread.
const CAUSES: [(&str, &str); 4] = [
    ("can't allocate memory", MEMORY),
    ("Cannot allocate memory", MEMORY),
    ("CUDA out of memory", GPU),
    ("failed to spawn thread", THREAD),
];

/// The system's memory, or the end.
struct Memory;

#[global_allocator]
static MEMORY_OF_RUST: Memory = Memory;

// SAFETY: all that it returns is the system allocator's.
unsafe impl GlobalAlloc for Memory {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's, here and below.
        or_end(unsafe { System.alloc(layout) })
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        or_end(unsafe { System.alloc_zeroed(layout) })
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        or_end(unsafe { System.realloc(memory, layout, new_size) })
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        unsafe { System.dealloc(memory, layout) }
    }
}

fn or_end(memory: *mut u8) -> *mut u8 {
    if memory.is_null() { end(MEMORY) } else { memory }
}

/// What libtorch asks for, in C++.
#[cfg(feature = "libtorch")]
mod libtorch {
    use super::{MEMORY, end};

    unsafe extern "C" {
        /// C++'s `std::set_new_handler`: what `new` calls where it gets no memory, before it throws.
        #[link_name = "_ZSt15set_new_handlerPFvvE"]
        fn set_new_handler(handler: extern "C" fn()) -> Option<extern "C" fn()>;
    }

    extern "C" fn end_of_new() {
        end(MEMORY)
    }

    pub extern "C" fn guard_new() {
        // SAFETY: the handler does what it may do, which is not to return.
        unsafe { set_new_handler(end_of_new) };
    }

    /// Called before libtorch's initialisers, which run before `main` and take some 50 MB.
    #[cfg(target_os = "linux")]
    #[used]
    #[unsafe(link_section = ".preinit_array")]
    static BEFORE_LIBTORCH: extern "C" fn() = guard_new;
}

/// Has panics end the process: those of a refusal as this module says, all others, which are bugs, with their message
/// and exit code 101.
pub fn end_at_refusals() {
    #[cfg(feature = "libtorch")]
    libtorch::guard_new();
    let say = panic::take_hook();
    panic::set_hook(Box::new(move |panic: &PanicHookInfo| {
        let message = panic.payload_as_str().unwrap_or_default();
        if let Some((_, refusal)) = CAUSES.iter().find(|(words, _)| message.contains(words)) {
            end(refusal);
        }
        say(panic);
        // SAFETY: always safe.
        unsafe { libc::_exit(101) }
    }));
}

/// Says why, without taking memory, and ends the process.
fn end(why: &str) -> ! {
    static ENDING: AtomicBool = AtomicBool::new(false);
    while ENDING.swap(true, Ordering::Relaxed) {
        // Another thread is saying it, and ends this one too.
        // SAFETY: always safe.
        unsafe { libc::pause() };
    }
    let mut sentence = Cursor::new([0; 8192]);
    // What is too long is cut.
    let _ = write_sentence(&mut sentence, why);
    let length = sentence.position() as usize;
    // SAFETY: so many bytes have been written, and nothing else is touched.
    unsafe {
        libc::write(libc::STDERR_FILENO, sentence.get_ref().as_ptr().cast(), length);
        libc::_exit(1)
    }
}

fn write_sentence(to: &mut impl Write, why: &str) -> std::io::Result<()> {
    let run = going_on();
    // Below the progress of the run, which is on a terminal only.
    let newline = if run.is_some() && stderr().is_terminal() { "\n" } else { "" };
    write!(to, "{newline}klgrad: error: {why}")?;
    if let Some(GoingOn { what, path }) = run {
        write!(to, "; finished {what} are in {}, and the same command with --resume goes on", path.display())?;
    }
    writeln!(to)
}
