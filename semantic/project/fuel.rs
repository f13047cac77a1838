//! How far names are followed from one to the next, and what is remembered of where they led.

use std::cell::Cell;
use std::sync::OnceLock;

/// How many steps names are followed from one to the next.
pub(super) const FUEL: u32 = 24;

/// The steps that a question may take, and how few of them were left at the least: none if they did not suffice.
pub(super) struct Tank {
    full: u32,
    lowest: Cell<Option<u32>>,
}

impl Tank {
    #[inline]
    pub(super) fn of(steps: u32) -> Self {
        Self { full: steps, lowest: Cell::new(Some(steps)) }
    }

    #[inline]
    pub(super) fn fuel(&self) -> Fuel<'_> {
        Fuel { left: self.full, tank: self }
    }

    /// How many steps the farthest way took; none if it was cut off.
    fn spent(&self) -> Option<u32> {
        self.lowest.get().map(|lowest| self.full - lowest)
    }

    #[inline]
    fn note(&self, left: Option<u32>) {
        self.lowest.set(self.lowest.get().min(left));
    }
}

/// What is left of a tank on one way.
#[derive(Clone, Copy)]
pub(super) struct Fuel<'t> {
    left: u32,
    tank: &'t Tank,
}

impl Fuel<'_> {
    /// What is left some steps further; none if that is too far.
    #[inline]
    pub(super) fn less(self, steps: u32) -> Option<Self> {
        let left = self.left.checked_sub(steps);
        self.tank.note(left);
        Some(Self { left: left?, ..self })
    }
}

/// Answers by number, and how far each question went: what is remembered is what whoever asks would have found, so that no
/// answer depends on what was asked before.
pub(super) struct Answers<T>(Box<[Answered<T>]>);

/// What is remembered of one question.
struct Answered<T> {
    /// The answer that was not cut off, with the steps it took: whoever has as many left comes to the same.
    whole: OnceLock<(T, u32)>,
    /// What was found with too little fuel, by how much that was. What meets itself ends no other way.
    cut: OnceLock<Box<[OnceLock<T>; FULL]>>,
}

/// How many different fillings a tank may have.
const FULL: usize = FUEL as usize + 1;

impl<T: Copy> Answers<T> {
    pub(super) fn of(count: usize) -> Self {
        Self((0..count).map(|_| Answered { whole: OnceLock::new(), cut: OnceLock::new() }).collect())
    }

    pub(super) fn get(&self, at: usize, fuel: Fuel<'_>, find: impl FnOnce(Fuel<'_>) -> T) -> T {
        let Some(answered) = self.0.get(at) else { return find(fuel) };
        let (answer, left) = answered.known(fuel.left).unwrap_or_else(|| {
            let tank = Tank::of(fuel.left);
            let answer = find(tank.fuel());
            answered.keep(answer, &tank);
            (answer, tank.lowest.get())
        });
        fuel.tank.note(left);
        answer
    }
}

impl<T: Copy> Answered<T> {
    /// What is known for so much fuel, and what is left of it at the least.
    fn known(&self, fuel: u32) -> Option<(T, Option<u32>)> {
        let whole = self.whole.get().and_then(|&(answer, steps)| Some((answer, fuel.checked_sub(steps)?)));
        if let Some((answer, left)) = whole {
            return Some((answer, Some(left)));
        }
        let cut = self.cut.get()?.get(fuel as usize)?.get()?;
        Some((*cut, None))
    }

    /// Whoever was faster has kept the same.
    fn keep(&self, answer: T, tank: &Tank) {
        match tank.spent() {
            Some(steps) => {
                let _ = self.whole.set((answer, steps));
            }
            None => {
                let cut = self.cut.get_or_init(|| Box::new([const { OnceLock::new() }; FULL]));
                if let Some(slot) = cut.get(tank.full as usize) {
                    let _ = slot.set(answer);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Answers<u32> {
        fn known_cut(&self, at: usize, fuel: usize) -> Option<u32> {
            self.0[at].cut.get().and_then(|cut| cut[fuel].get().copied())
        }
    }

    /// Goes from a number to the one below, and says how often; 99 if it is cut off.
    fn count(answers: &Answers<u32>, at: usize, fuel: Fuel<'_>) -> u32 {
        answers.get(at, fuel, |fuel| {
            let Some(below) = at.checked_sub(1) else { return 0 };
            let Some(fuel) = fuel.less(1) else { return 99 };
            match count(answers, below, fuel) {
                99 => 99,
                steps => steps + 1,
            }
        })
    }

    #[test]
    fn answers_do_not_depend_on_what_was_asked_before() {
        let fresh = |at: usize, steps: u32| count(&Answers::of(9), at, Tank::of(steps).fuel());
        let kept = Answers::of(9);
        let asked = [(8, 3), (2, 1), (5, 5), (8, 7), (8, 8), (7, 6), (7, 9), (0, 0), (5, 4)];
        for (at, steps) in asked {
            assert_eq!(count(&kept, at, Tank::of(steps).fuel()), fresh(at, steps), "{at} within {steps}");
        }
        assert_eq!(kept.0[5].whole.get(), Some(&(5, 5)));
        assert_eq!(kept.known_cut(8, 7), Some(99), "so is what was cut off");
        assert_eq!(count(&kept, 11, Tank::of(12).fuel()), 11, "nothing is kept of what has no place");
    }

    #[test]
    fn whoever_asks_knows_how_far_a_remembered_answer_went() {
        let answers = Answers::of(4);
        for _ in 0..2 {
            let tank = Tank::of(6);
            count(&answers, 3, tank.fuel());
            assert_eq!(tank.spent(), Some(3));
        }
        for _ in 0..2 {
            let tank = Tank::of(2);
            count(&answers, 3, tank.fuel());
            assert_eq!(tank.spent(), None);
        }
    }
}
