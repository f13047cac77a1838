//! What nodes of the tree can be, and the operators and marks that they carry.

/// What a node is. The children of each kind, in order, stand behind it; `?` may be an [`Kind::Empty`] node.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
#[repr(u8)]
pub enum Kind {
    /// A missing optional part.
    Empty,
    /// The whole file: statements.
    Program,
    // Statements.
    /// Statements.
    Block,
    /// Declarators. Data: [`DeclKind`].
    VarDecl,
    /// Pattern, initialiser?.
    Declarator,
    /// Expression.
    ExprStmt,
    /// Test, consequent, alternate?.
    If,
    /// Init?, test?, update?, body.
    For,
    /// Left, right, body.
    ForIn,
    /// Left, right, body. Flag [`flag::AWAIT`].
    ForOf,
    /// Test, body.
    While,
    /// Body, test.
    DoWhile,
    /// Discriminant, cases.
    Switch,
    /// Test? (absent for `default`), statements.
    Case,
    /// Block, catch?, finally?.
    Try,
    /// Parameter?, body.
    Catch,
    /// Argument?.
    Return,
    /// Argument.
    Throw,
    /// Data: label or `u32::MAX`.
    Break,
    /// Data: label or `u32::MAX`.
    Continue,
    /// Body. Data: label.
    Labeled,
    /// Object, body.
    With,
    /// An exported declaration or expression: child.
    Export,
    // Functions and classes.
    /// Parameters, then the body (a block or an expression). Data: [`crate::index::FuncId`].
    Function,
    /// Superclass?, decorators, members. Data: [`crate::index::ClassId`].
    Class,
    /// Computed key?, decorators, function. Data: name. Flags [`flag::STATIC`], [`flag::GETTER`], [`flag::SETTER`].
    Method,
    /// Computed key?, value?, decorators. Data: name. Flag [`flag::STATIC`].
    Field,
    /// Statements.
    StaticBlock,
    /// Expression.
    Decorator,
    // Patterns.
    /// A declared name. Data: [`crate::index::BindingId`].
    BindingName,
    /// Pattern properties and a rest.
    ObjectPattern,
    /// Computed key?, pattern. Data: name.
    PatternProperty,
    /// Patterns, holes as [`Kind::Empty`].
    ArrayPattern,
    /// Pattern, default value.
    Default,
    /// Pattern.
    Rest,
    // Expressions.
    /// Data: [`crate::index::ReferenceId`].
    Identifier,
    /// `this`.
    This,
    /// `super`.
    Super,
    /// Data: interned text.
    String,
    /// A number literal. Data: index of its value in [`super::Tree::number`].
    Number,
    /// `true` (data 1) or `false` (data 0).
    Bool,
    /// `null`.
    Null,
    /// A regular expression literal.
    Regex,
    /// A big integer literal.
    BigInt,
    /// Template with substitutions: the substituted expressions. Without any: [`Kind::String`].
    Template,
    /// Tag, template.
    TaggedTemplate,
    /// Object. Data: property name. Flags [`flag::OPTIONAL`], [`flag::PRIVATE`].
    Member,
    /// Object, key. Flag [`flag::OPTIONAL`].
    Index,
    /// Callee, arguments. Flag [`flag::OPTIONAL`]. Data: the name of the method, if the callee is one.
    Call,
    /// Callee, arguments.
    New,
    /// `import(…)`: arguments.
    ImportCall,
    /// Properties.
    Object,
    /// Computed key?, value. Data: name. Flag [`flag::SHORTHAND`].
    Property,
    /// Elements, holes as [`Kind::Empty`].
    Array,
    /// Argument.
    Spread,
    /// Target (an expression or a pattern), value. Data: [`AssignOp`].
    Assign,
    /// `++` or `--`: target.
    Update,
    /// Argument. Data: [`UnaryOp`].
    Unary,
    /// Left, right. Data: [`BinaryOp`].
    Binary,
    /// Left, right. Data: [`LogicalOp`].
    Logical,
    /// Test, consequent, alternate.
    Conditional,
    /// Expressions.
    Sequence,
    /// Argument.
    Await,
    /// Argument?. Flag [`flag::DELEGATE`].
    Yield,
    /// `new.target` and `import.meta`.
    MetaProperty,
    /// Tag, attributes, children.
    JsxElement,
    /// Value?. Data: name.
    JsxAttribute,
    /// Anything else that runs, with its parts as children.
    Other,
}

/// Bits of [`super::Node::flags`].
pub mod flag {
    /// `?.` stands before this member, index or call.
    pub const OPTIONAL: u8 = 1;
    /// A static class member.
    pub const STATIC: u8 = 2;
    /// A getter.
    pub const GETTER: u8 = 4;
    /// A setter.
    pub const SETTER: u8 = 8;
    /// A private name (`#x`).
    pub const PRIVATE: u8 = 16;
    /// `for await`.
    pub const AWAIT: u8 = 32;
    /// `yield*`.
    pub const DELEGATE: u8 = 64;
    /// `{ x }` for `{ x: x }`.
    pub const SHORTHAND: u8 = 128;
}

/// How a variable was declared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum DeclKind {
    /// `var`
    Var,
    /// `let`
    Let,
    /// `const`
    Const,
    /// `using` and `await using`
    Using,
}

/// An assignment operator, as far as it matters here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum AssignOp {
    /// `=`
    Plain,
    /// `+=`
    Add,
    /// `||=`
    Or,
    /// `&&=`
    And,
    /// `??=`
    Nullish,
    /// Any other compound assignment.
    Arithmetic,
}

/// A unary operator.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum UnaryOp {
    /// `!`
    Not,
    /// `-`
    Minus,
    /// `+`
    Plus,
    /// `~`
    BitNot,
    /// `typeof`
    Typeof,
    /// `void`
    Void,
    /// `delete`
    Delete,
}

/// A binary operator, as far as it matters here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum BinaryOp {
    /// `==` and `===`
    Equal,
    /// `!=` and `!==`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
    /// `+`
    Add,
    /// `%`
    Remainder,
    /// `in`
    In,
    /// `instanceof`
    InstanceOf,
    /// `-`, `*`, `&`, `<<` and the rest.
    Arithmetic,
}

/// A short-circuit operator.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum LogicalOp {
    /// `&&`
    And,
    /// `||`
    Or,
    /// `??`
    Nullish,
}
