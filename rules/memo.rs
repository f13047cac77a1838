//! What was answered once about a file, and is asked again.

use std::any::Any;
use std::cell::RefCell;
use std::rc::Rc;

/// The answers of one file, each kind under its own type: who asks says what is kept, and nobody else need know of it.
#[derive(Default)]
pub(crate) struct Memos {
    /// Few: a rule has one, if any.
    list: RefCell<Vec<Rc<dyn Any>>>,
}

impl Memos {
    /// The one of a type, empty at first. Whoever asks has a type of its own for it: two that took the same would share it.
    pub(crate) fn of<T: Default + 'static>(&self) -> Rc<T> {
        let mut list = self.list.borrow_mut();
        let known = list.iter().find_map(|memo| Rc::clone(memo).downcast().ok());
        known.unwrap_or_else(|| {
            let new = Rc::<T>::default();
            list.push(Rc::clone(&new) as Rc<dyn Any>);
            new
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Memos;
    use std::cell::Cell;

    #[test]
    fn each_type_has_one() {
        let memos = Memos::default();
        memos.of::<Cell<u8>>().set(7);
        assert_eq!(memos.of::<Cell<u16>>().get(), 0);
        assert_eq!(memos.of::<Cell<u8>>().get(), 7);
    }
}
