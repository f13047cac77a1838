//! The template of a Vue component: its elements, and the expressions on them, each parsed where it stands.
//!
//! One pass over the bytes, without recursion. What cannot be read is left out piece by piece: an expression that does
//! not parse, a tag that nothing closes. A template that nests too deep is left out whole.

use super::directive;
use crate::tree::Span;
use swc_ecma_ast as ast;

/// Elements deeper than this are not those of a template that somebody wrote.
const DEEPEST: usize = 100;

/// What a component shows.
pub(crate) struct Template {
    /// The block, with its tags.
    pub(crate) span: Span,
    /// Its elements in the order of their tags.
    pub(crate) parts: Vec<Part>,
}

/// A piece of a template.
pub(crate) enum Part {
    /// An element begins; each ends by a [`Part::Close`].
    Open(Element),
    /// The innermost element that is open ends.
    Close,
    /// `{{ … }}`
    Text(Box<ast::Expr>),
}

/// An element of a template, and what its directives say.
#[derive(Default)]
pub(crate) struct Element {
    /// From its first tag to its last.
    pub(crate) at: Span,
    /// What it is called, as written.
    pub(crate) tag: Box<str>,
    /// Where that stands.
    pub(crate) tag_at: Span,
    /// On what its being there depends.
    pub(crate) branch: Branch,
    /// It is there for each of these.
    pub(crate) each: Option<Each>,
    /// What it names of what the component around its children gives them.
    pub(crate) slot: Option<Vec<ast::Pat>>,
    /// Its attributes that hold an expression.
    pub(crate) attributes: Vec<Attribute>,
}

impl Element {
    /// What `v-show` hides is meant to stay: a `v-if` beside it only says from when on it is there.
    fn keep_hidden(&mut self) {
        if !self.attributes.iter().any(|attribute| attribute.name == "show") {
            return;
        }
        if let Branch::If(test) = &mut self.branch {
            let test = test.take().map(|value| Attribute { at: self.tag_at, name: "if".to_owned(), value });
            self.attributes.extend(test);
            self.branch = Branch::Always;
        }
    }
}

/// `v-if`, `v-else-if`, `v-else`; the test is missing if it could not be read.
#[derive(Default)]
pub(crate) enum Branch {
    #[default]
    Always,
    If(Option<Box<ast::Expr>>),
    ElseIf(Option<Box<ast::Expr>>),
    Else,
}

/// `v-for="(item, index) in items"`
pub(crate) struct Each {
    /// The attribute.
    pub(crate) at: Span,
    /// `item`, `index`
    pub(crate) params: Vec<ast::Pat>,
    /// `items`
    pub(crate) source: Option<Box<ast::Expr>>,
}

/// `:name="value"`, `@name="value"`, `v-name="value"`
pub(crate) struct Attribute {
    /// All of it.
    pub(crate) at: Span,
    /// Its name; of an event `click` that is `onClick`.
    pub(crate) name: String,
    /// What it holds; statements of a handler are a function.
    pub(crate) value: Box<ast::Expr>,
}

impl Template {
    /// The template of a component; none if it has none, or one that cannot be read.
    pub(super) fn find(text: &str) -> Option<Self> {
        // Most files that are asked have one, and those of other languages are not asked.
        let (start, body) = block(text)?;
        let mut reader = Reader { text, at: body, parts: Vec::new(), open: Vec::new(), has_braces: true };
        reader.run()?;
        let span = Span { start: offset(start), end: offset(reader.at) };
        Some(Self { span, parts: reader.parts })
    }
}

/// Where the template begins, and where what is in it does.
fn block(text: &str) -> Option<(usize, usize)> {
    let mut at = 0;
    loop {
        let open = at + text.get(at..)?.find('<')?;
        let rest = text.get(open..)?;
        if rest.starts_with("<!--") {
            at = open + rest.find("-->")?;
            continue;
        }
        let name = tag_name(rest.get(1..)?);
        if name.is_empty() {
            at = open + 1;
            continue;
        }
        let head = Head::read(text, open + 1 + name.len())?;
        if name == "template" {
            let is_markup = |(name, value): &(Span, Option<Span>)| match slice(text, *name) {
                "lang" => value.is_some_and(|value| slice(text, value) == "html"),
                "src" => false,
                _ => true,
            };
            return (!head.is_empty && head.attributes.iter().all(is_markup)).then_some((open, head.end));
        }
        // What stands in the other blocks is no markup.
        let skipped = if head.is_empty { 0 } else { text.get(head.end..)?.find(&format!("</{name}"))? };
        at = head.end + skipped;
    }
}

/// The name at the start of a text, of an element.
fn tag_name(text: &str) -> &str {
    if !text.starts_with(|first: char| first.is_ascii_alphabetic()) {
        return "";
    }
    let end = text.find(|c: char| c.is_whitespace() || matches!(c, '/' | '>')).unwrap_or(text.len());
    text.get(..end).unwrap_or_default()
}

/// What stands in a first tag behind its name.
struct Head {
    attributes: Vec<(Span, Option<Span>)>,
    /// It ends in `/>`.
    is_empty: bool,
    /// The offset behind its `>`.
    end: usize,
}

impl Head {
    /// Reads the attributes of a tag from behind its name; none if the tag does not end.
    fn read(text: &str, from: usize) -> Option<Self> {
        let bytes = text.as_bytes();
        let (mut at, mut attributes, mut is_empty) = (from, Vec::new(), false);
        loop {
            match *bytes.get(at)? {
                b'>' => return Some(Self { attributes, is_empty, end: at + 1 }),
                b'/' => {
                    is_empty = bytes.get(at + 1) == Some(&b'>');
                    at += 1;
                }
                byte if byte.is_ascii_whitespace() => at += 1,
                _ => {
                    let name_end = skip(bytes, at + 1, |byte| {
                        !byte.is_ascii_whitespace() && !matches!(byte, b'=' | b'>' | b'/')
                    });
                    let name = span(at, name_end);
                    let equals = skip(bytes, name_end, |byte| byte.is_ascii_whitespace());
                    if bytes.get(equals) == Some(&b'=') {
                        let (value, end) = attribute_value(bytes, equals + 1)?;
                        attributes.push((name, Some(value)));
                        at = end;
                    } else {
                        attributes.push((name, None));
                        at = name_end;
                    }
                }
            }
        }
    }
}

/// The value of an attribute, and where what follows it begins.
fn attribute_value(bytes: &[u8], from: usize) -> Option<(Span, usize)> {
    let start = skip(bytes, from, |byte| byte.is_ascii_whitespace());
    match *bytes.get(start)? {
        quote @ (b'"' | b'\'') => {
            let end = skip(bytes, start + 1, |byte| byte != quote);
            (end < bytes.len()).then(|| (span(start + 1, end), end + 1))
        }
        _ => {
            let end = skip(bytes, start, |byte| !byte.is_ascii_whitespace() && byte != b'>');
            Some((span(start, end), end))
        }
    }
}

/// The first offset from `at` on whose byte is not one of a kind.
fn skip(bytes: &[u8], at: usize, is_it: impl Fn(u8) -> bool) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest.iter().position(|&byte| !is_it(byte)).unwrap_or(rest.len())
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    parts: Vec<Part>,
    /// The elements that are open: names and positions in `parts`.
    open: Vec<(&'t str, usize)>,
    /// Whether a `}}` may still come: where none does, nobody looks for one again.
    has_braces: bool,
}

impl<'t> Reader<'t> {
    /// Reads up to the tag that ends the block.
    fn run(&mut self) -> Option<()> {
        loop {
            let rest = self.text.get(self.at..)?;
            let next = self.at + rest.find(['<', '{'])?;
            let rest = self.text.get(next..)?;
            self.at = next + 1;
            if rest.starts_with("{{") {
                self.interpolation(next);
            } else if rest.starts_with("<!--") {
                self.at = next + rest.find("-->")? + 3;
            } else if let Some(name) = rest.strip_prefix("</").map(tag_name) {
                self.at = next + rest.find('>')? + 1;
                if !self.close(name, next) && name == "template" {
                    self.end_all(next);
                    return Some(());
                }
            } else if rest.starts_with('<') && !tag_name(rest.get(1..)?).is_empty() {
                self.element(next)?;
            }
        }
    }

    fn interpolation(&mut self, open: usize) {
        let body = open + 2;
        let end = self.text.get(body..).filter(|_| self.has_braces).and_then(|rest| rest.find("}}"));
        self.has_braces = end.is_some();
        let Some(end) = end.map(|end| body + end) else { return };
        self.at = end + 2;
        self.parts.extend(directive::expression(self.text, span(body, end)).map(Part::Text));
    }

    fn element(&mut self, open: usize) -> Option<()> {
        let name = tag_name(self.text.get(open + 1..)?);
        let tag_end = open + 1 + name.len();
        let head = Head::read(self.text, tag_end)?;
        let (tag, tag_at) = (name.into(), span(open + 1, tag_end));
        let mut element = Element { at: span(open, head.end), tag, tag_at, ..Element::default() };
        for (name, value) in head.attributes {
            directive::apply(self.text, name, value, &mut element);
        }
        element.keep_hidden();
        self.at = head.end;
        self.parts.push(Part::Open(element));
        if head.is_empty || VOID.contains(&name) {
            self.parts.push(Part::Close);
            return Some(());
        }
        self.open.push((name, self.parts.len() - 1));
        (self.open.len() <= DEEPEST).then_some(())
    }

    /// Ends the innermost element of a name, and what is open in it; false if there is none.
    fn close(&mut self, name: &str, end: usize) -> bool {
        let Some(depth) = self.open.iter().rposition(|(open, _)| *open == name) else { return false };
        self.end_down_to(depth, end);
        true
    }

    fn end_all(&mut self, end: usize) {
        self.end_down_to(0, end);
    }

    fn end_down_to(&mut self, depth: usize, end: usize) {
        for (_, at) in self.open.drain(depth..).rev() {
            if let Some(Part::Open(element)) = self.parts.get_mut(at) {
                element.at.end = offset(end);
            }
            self.parts.push(Part::Close);
        }
    }
}

/// Elements without a last tag.
const VOID: [&str; 14] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track",
    "wbr",
];

pub(super) fn slice(text: &str, span: Span) -> &str {
    text.get(span.start as usize..span.end as usize).unwrap_or_default()
}

pub(super) fn span(start: usize, end: usize) -> Span {
    Span { start: offset(start), end: offset(end) }
}

fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
