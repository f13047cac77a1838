//! What the link asks of one file by symbol: its exports, the methods and fields of its classes, and where it tells the
//! types of what is its own. Sorted rows: a project has hundreds of thousands of them, most are never asked for, and
//! those of a file stand together.

use super::{FileEntry, Spot, SpotRoot, SpotStep, Symbol};
use crate::index::{BindingId, ClassId, FuncId};
use crate::place::{Root, Step};
use crate::summary::{ExportTo, Summary};
use std::sync::OnceLock;

/// The tables of a file.
pub(super) struct Tables {
    /// The first row of each exported name.
    exports: Box<[(Symbol, u32)]>,
    /// The methods of classes.
    methods: Box<[Method]>,
    /// The fields of instances that the file touches, made when it is first asked for: only classes with ancestors are.
    fields: OnceLock<Box<[(ClassId, Symbol)]>>,
    /// The rows of its types that tell what one of its own things is.
    types: Box<[(Own, u32)]>,
    /// One bit for each binding, set where a row tells its type: of most none does, and each of their uses asks.
    typed: Box<[u64]>,
    /// The rows of its types that tell something else.
    others: Box<[u32]>,
}

/// A method by its class and name, and whether it is static.
type Method = ((ClassId, Symbol), (FuncId, bool));

/// A spot of a file that its summary names as it is: nothing has to be followed. One number, so that it is found fast: the
/// kind in the two upper bits, then the class, then the binding or the name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Own(u64);

impl Own {
    pub(super) fn binding(binding: BindingId) -> Self {
        Self(u64::from(binding.0))
    }

    pub(super) fn field(class: ClassId, name: Symbol) -> Self {
        Self(1 << 62 | u64::from(class.raw()) << 32 | u64::from(name.0))
    }

    fn of_class(class: ClassId, name: Symbol) -> Self {
        Self(2 << 62 | u64::from(class.raw()) << 32 | u64::from(name.0))
    }

    /// What a spot is for the file that it starts in.
    pub(super) fn of_spot(spot: &Spot) -> Option<(super::FileId, Self)> {
        match (spot.root, &spot.path[..]) {
            (SpotRoot::Binding(file, binding), []) => Some((file, Self::binding(binding))),
            (SpotRoot::Instance(file, class), &[SpotStep::Field(name)]) => {
                Some((file, Self::field(class, name)))
            }
            (SpotRoot::Class(file, class), &[SpotStep::Field(name)]) => {
                Some((file, Self::of_class(class, name)))
            }
            _ => None,
        }
    }

    /// The same of a place of the file.
    pub(super) fn of_place(place: (Root, &[Step]), names: &[Symbol]) -> Option<Self> {
        match place {
            (Root::Binding(binding), []) => Some(Self::binding(binding)),
            (Root::This(class), [Step::Field(name)]) => Some(Self::field(class, names[name.index()])),
            (Root::Class(class), [Step::Field(name)]) => Some(Self::of_class(class, names[name.index()])),
            _ => None,
        }
    }
}

impl Tables {
    pub(super) fn of(file: &FileEntry, names: &[Symbol]) -> Self {
        let summary = &*file.summary;
        let exports = (0..).zip(&summary.exports);
        let exports = exports.filter_map(|(row, export)| Some((names[export.name?.index()], row)));
        let (mut types, mut others) = (Vec::with_capacity(summary.types.len()), Vec::new());
        let mut typed = Vec::new();
        for (row, (place, _)) in (0..).zip(&summary.types) {
            let place = summary.places.parts(*place);
            if let (Root::Binding(binding), []) = place {
                set_bit(&mut typed, binding.index());
            }
            match Own::of_place(place, names) {
                Some(own) => types.push((own, row)),
                None => others.push(row),
            }
        }
        Self {
            exports: first_of_each(exports.collect()),
            methods: methods(summary, names),
            fields: OnceLock::new(),
            types: first_of_each(types),
            typed: typed.into(),
            others: others.into(),
        }
    }

    /// The row of an exported name.
    pub(super) fn export(&self, name: Symbol) -> Option<u32> {
        find(&self.exports, name)
    }

    /// The row that tells the type of what is the file's own.
    pub(super) fn type_row(&self, own: Own) -> Option<u32> {
        find(&self.types, own)
    }

    /// Whether a row tells the type of a binding.
    #[inline]
    pub(super) fn tells_of(&self, binding: BindingId) -> bool {
        let word = self.typed.get(binding.index() / 64);
        word.is_some_and(|word| word >> (binding.index() % 64) & 1 != 0)
    }

    /// The rows that tell the types of what is not the file's own, or is further below it.
    pub(super) fn other_types(&self) -> &[u32] {
        &self.others
    }

    /// A method of a class, and whether it is static.
    pub(super) fn method(&self, class: ClassId, name: Symbol) -> Option<(FuncId, bool)> {
        find(&self.methods, (class, name))
    }

    /// The methods of a class.
    pub(super) fn methods(&self, class: ClassId) -> impl Iterator<Item = (Symbol, FuncId)> {
        let start = self.methods.partition_point(|((of, _), _)| *of < class);
        let rows = self.methods.get(start..).unwrap_or_default().iter();
        rows.take_while(move |((of, _), _)| *of == class).map(|&((_, name), (func, _))| (name, func))
    }

    /// The fields of instances that the file touches, sorted.
    pub(super) fn fields(&self, file: &FileEntry, names: &[Symbol]) -> &[(ClassId, Symbol)] {
        self.fields.get_or_init(|| fields(&file.summary, names))
    }
}

fn set_bit(words: &mut Vec<u64>, at: usize) {
    if words.len() <= at / 64 {
        words.resize(at / 64 + 1, 0);
    }
    words[at / 64] |= 1 << (at % 64);
}

/// The rows of values that a file exports under a name.
pub(super) fn exported_values(file: &FileEntry, names: &[Symbol]) -> Box<[(Symbol, u32)]> {
    let rows = (0..).zip(&file.summary.exports);
    let values = rows.filter(|(_, export)| matches!(export.target, ExportTo::Value(_)));
    first_of_each(values.filter_map(|(row, export)| Some((names[export.name?.index()], row))).collect())
}

/// The value of a key in rows that are sorted by key.
pub(super) fn find<K: Ord + Copy, V: Copy>(rows: &[(K, V)], key: K) -> Option<V> {
    let at = rows.binary_search_by(|(of, _)| of.cmp(&key)).ok()?;
    rows.get(at).map(|&(_, value)| value)
}

/// Rows by key; of those with the same key, the first.
fn first_of_each<K: Ord + Copy>(mut rows: Vec<(K, u32)>) -> Box<[(K, u32)]> {
    rows.sort_unstable();
    rows.dedup_by_key(|(key, _)| *key);
    rows.into()
}

/// Of two methods of one name the second is the one that there is.
fn methods(summary: &Summary, names: &[Symbol]) -> Box<[Method]> {
    let mut rows: Vec<_> = Vec::with_capacity(summary.classes.iter().map(|row| row.methods.len()).sum());
    for (class, row) in summary.classes.iter().enumerate() {
        let class = ClassId::from_index(class);
        let methods = row.methods.iter().rev();
        rows.extend(
            methods.map(|&(name, func, is_static)| ((class, names[name.index()]), (func, is_static))),
        );
    }
    rows.sort_by_key(|(key, _)| *key);
    rows.dedup_by_key(|(key, _)| *key);
    rows.into()
}

fn fields(summary: &Summary, names: &[Symbol]) -> Box<[(ClassId, Symbol)]> {
    let touched = summary.types.iter().map(|(place, _)| place).chain(summary.uses.places());
    let touched = touched.map(|&place| summary.places.parts(place));
    let fields = touched.filter_map(|place| match place {
        (Root::This(class), [Step::Field(name), ..]) => Some((class, names[name.index()])),
        _ => None,
    });
    let mut rows: Vec<_> = fields.collect();
    rows.sort_unstable();
    rows.dedup();
    rows.into()
}
