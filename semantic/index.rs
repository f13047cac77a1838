//! Typed indices into the flat tables of a lowered file.

/// Declares a `u32` newtype that indexes one table.
macro_rules! index_type {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub struct $name(pub(crate) u32);

        impl $name {
            /// The position in the table this index belongs to.
            #[must_use]
            #[inline]
            pub fn index(self) -> usize {
                self.0 as usize
            }

            /// The index of the `n`-th row. Tables are bounded by the size of one file (below 4 GiB).
            #[must_use]
            #[inline]
            pub fn from_index(n: usize) -> Self {
                Self(u32::try_from(n).unwrap_or(u32::MAX))
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }
    };
}

index_type!(
    /// A node of the flat tree, in preorder: the subtree of `n` is the contiguous range `n..tree.end(n)`.
    NodeId
);
index_type!(
    /// An interned string of one file.
    NameId
);
index_type!(
    /// A lexical scope.
    ScopeId
);
index_type!(
    /// A declared name: variable, parameter, function, class, import, type-level value.
    BindingId
);
index_type!(
    /// An occurrence of an identifier that refers to a binding or to a global.
    ReferenceId
);
index_type!(
    /// A function, method, accessor, arrow, class field initialiser list or the module body (always 0).
    FuncId
);
index_type!(
    /// A class, a constructor function, or an object literal whose methods use `this`.
    ClassId
);
index_type!(
    /// A type annotation, reduced to what decides about kinds.
    TypeId
);
