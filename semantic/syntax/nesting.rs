//! An upper bound on how deep a file nests, found without parsing.
//!
//! swc recurses, and an overflow would abort the process where no handler can catch it. So a cheap scan of the bytes
//! says beforehand how deep the parser may have to go. It counts what can make it recurse: open brackets, and within
//! them the operators, dots, arrows and `else`s since the last thing that ends an expression. Too high a figure costs
//! a larger stack; too low a one is caught by the depth limit of the lowering walk.

/// Files that may nest deeper are refused by name.
pub const NESTING_LIMIT: u32 = 6_000;

/// The bound, for the whole file. Time is linear in the length of the text.
#[must_use]
pub fn nesting_bound(text: &str) -> u32 {
    Scan::new(text.as_bytes()).run()
}

/// What the last significant token allows to follow.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    /// An operand: a slash divides, a new word on the next line starts a statement.
    Operand,
    /// An operator, opening bracket or keyword: a slash opens a regular expression.
    Operator,
}

/// What a byte can be the start of. Most bytes of a text are letters and spaces: a look into a table is all they cost.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Newline,
    Blank,
    Quote,
    Slash,
    Open,
    Close,
    Separator,
    Word,
    Operator,
}

const CLASSES: [Class; 256] = {
    let mut classes = [Class::Operator; 256];
    let mut byte = 0;
    while byte < 256 {
        classes[byte] = class_of(byte as u8);
        byte += 1;
    }
    classes
};

const fn class_of(byte: u8) -> Class {
    match byte {
        b'\n' | b'\r' => Class::Newline,
        b' ' | b'\t' => Class::Blank,
        b'"' | b'\'' => Class::Quote,
        b'/' => Class::Slash,
        b'(' | b'[' | b'{' | b'`' => Class::Open,
        b')' | b']' | b'}' => Class::Close,
        b',' | b';' => Class::Separator,
        b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'$' | b'0'..=b'9' | b'#' | b'@' | 0x80.. => Class::Word,
        _ => Class::Operator,
    }
}

struct Scan<'t> {
    bytes: &'t [u8],
    at: usize,
    /// For each open bracket, the links counted since its last `,` or `;`.
    open: Vec<Level>,
    links: u32,
    /// Sum of the links of all open brackets, and their number.
    depth: u32,
    max: u32,
    last: Last,
    newline: bool,
}

struct Level {
    links: u32,
    bracket: u8,
}

impl<'t> Scan<'t> {
    fn new(bytes: &'t [u8]) -> Self {
        Self {
            bytes,
            at: 0,
            open: Vec::new(),
            links: 0,
            depth: 0,
            max: 0,
            last: Last::Operator,
            newline: false,
        }
    }

    fn run(mut self) -> u32 {
        while let Some(&byte) = self.bytes.get(self.at) {
            self.step(byte);
            // Nobody needs to know how much too deep it is, and the table of levels must not grow with hostile input.
            if self.max > NESTING_LIMIT * 2 {
                break;
            }
        }
        self.max
    }

    fn step(&mut self, byte: u8) {
        match CLASSES[usize::from(byte)] {
            Class::Newline => {
                self.newline = true;
                self.skip(Class::Blank);
            }
            Class::Blank => self.skip(Class::Blank),
            Class::Quote => self.string(byte),
            Class::Slash => self.slash(),
            Class::Open => self.open(byte),
            Class::Close => self.close(byte),
            Class::Separator => self.separator(),
            Class::Word => self.word(),
            Class::Operator => self.operator(),
        }
    }

    /// Goes past this byte and those of a class that follow it.
    #[inline]
    fn skip(&mut self, class: Class) {
        let rest = self.bytes.get(self.at + 1..).unwrap_or_default();
        let count = rest.iter().take_while(|&&byte| CLASSES[usize::from(byte)] == class).count();
        self.at += 1 + count;
    }

    fn link(&mut self) {
        self.links += 1;
        self.max = self.max.max(self.depth + self.links);
    }

    fn open(&mut self, bracket: u8) {
        self.at += 1;
        if self.last == Last::Operand && bracket != b'{' {
            // A call, an index or a tagged template: each wraps what stands before it.
            self.link();
        }
        self.open.push(Level { links: self.links, bracket });
        self.depth += self.links + 1;
        self.links = 0;
        self.max = self.max.max(self.depth);
        self.last = Last::Operator;
        self.newline = false;
        if bracket == b'`' {
            self.template();
        }
    }

    fn close(&mut self, byte: u8) {
        self.at += 1;
        let Some(level) = self.open.pop() else { return };
        self.depth -= level.links + 1;
        self.links = level.links;
        self.last = Last::Operand;
        self.newline = false;
        if level.bracket == b'$' {
            // The `}` of `${…}`: back in the text of the template.
            self.template();
        } else if byte == b'}' && self.statement_block() {
            self.links = 0;
        }
    }

    /// Whether the `}` just read ended a statement: what follows is not an operator, a dot or `else`.
    fn statement_block(&self) -> bool {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let next = rest.iter().position(|byte| !byte.is_ascii_whitespace());
        let Some(next) = next else { return true };
        let rest = rest.get(next..).unwrap_or_default();
        if rest.starts_with(b"else") || rest.starts_with(b"in ") || rest.starts_with(b"as ") {
            return false;
        }
        matches!(
            rest.first(),
            Some(b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'$' | b'}' | b'#' | b'@' | b'"' | b'\'')
        )
    }

    fn separator(&mut self) {
        self.at += 1;
        self.links = 0;
        self.last = Last::Operator;
        self.newline = false;
    }

    fn operator(&mut self) {
        let byte = self.bytes.get(self.at).copied().unwrap_or_default();
        self.at += 1;
        self.link();
        self.last = Last::Operator;
        self.newline = false;
        // `=>`, `===`, `&&`, `**=` are one link; `!!!!x` and `- - -x` are one each.
        while let Some(&next) = self.bytes.get(self.at)
            && matches!(
                (byte, next),
                (b'=', b'=' | b'>') | (b'&', b'&') | (b'|', b'|') | (b'*', b'*') | (b'!', b'=')
            )
        {
            self.at += 1;
        }
    }

    fn word(&mut self) {
        let start = self.at;
        self.skip(Class::Word);
        let word = self.bytes.get(start..self.at).unwrap_or_default();
        match word {
            b"else" | b"extends" | b"in" | b"instanceof" | b"as" | b"satisfies" | b"of" | b"keyof"
            | b"infer" => {
                self.link();
                self.last = Last::Operator;
            }
            b"typeof" | b"void" | b"delete" | b"await" | b"new" | b"yield" | b"return" | b"case"
            | b"throw" | b"if" | b"while" | b"for" | b"do" | b"with" | b"function" | b"class" => {
                if self.newline && self.last == Last::Operand {
                    self.links = 0;
                }
                self.link();
                self.last = Last::Operator;
            }
            _ => {
                // Two operands on two lines are two statements.
                if self.newline && self.last == Last::Operand {
                    self.links = 0;
                }
                self.last = Last::Operand;
            }
        }
        self.newline = false;
    }

    fn string(&mut self, quote: u8) {
        self.at += 1;
        while let Some(found) = self.find(|rest| memchr::memchr3(b'\\', b'\n', quote, rest)) {
            self.at = found + 1;
            if self.bytes.get(found) != Some(&b'\\') {
                break;
            }
            self.at += 1;
        }
        self.last = Last::Operand;
        self.newline = false;
    }

    fn slash(&mut self) {
        match self.bytes.get(self.at + 1) {
            Some(b'/') => self.at = self.find(|rest| memchr::memchr(b'\n', rest)).unwrap_or(self.bytes.len()),
            Some(b'*') => {
                self.at += 2;
                let is_end = |rest: &[u8], at: usize| at > 0 && rest.get(at - 1) == Some(&b'*');
                let end = self.find(|rest| memchr::memchr_iter(b'/', rest).find(|&at| is_end(rest, at)));
                self.at = end.map_or(self.bytes.len(), |end| end + 1);
            }
            _ if self.last == Last::Operand => self.operator(),
            _ => self.regex(),
        }
    }

    /// Where something is found from here on; if it is nowhere, nothing of the text is left.
    #[inline]
    fn find(&mut self, search: impl FnOnce(&[u8]) -> Option<usize>) -> Option<usize> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let found = search(rest).map(|at| self.at + at);
        if found.is_none() {
            self.at = self.at.max(self.bytes.len());
        }
        found
    }

    /// A regular expression ends on its line; what does not was a division, or JSX.
    fn regex(&mut self) {
        let mut at = self.at + 1;
        let mut class = false;
        while let Some(&byte) = self.bytes.get(at) {
            match byte {
                b'\\' => at += 1,
                b'[' => class = true,
                b']' => class = false,
                b'\n' => break,
                b'/' if !class => {
                    self.at = at + 1;
                    self.last = Last::Operand;
                    return;
                }
                _ => {}
            }
            at += 1;
        }
        self.operator();
    }

    /// The text of a template up to its end or its next `${`.
    fn template(&mut self) {
        while let Some(&byte) = self.bytes.get(self.at) {
            match byte {
                b'\\' => self.at += 2,
                b'`' => {
                    self.at += 1;
                    if let Some(level) = self.open.pop() {
                        self.depth -= level.links + 1;
                        self.links = level.links;
                    }
                    self.last = Last::Operand;
                    return;
                }
                b'$' if self.bytes.get(self.at + 1) == Some(&b'{') => {
                    self.at += 2;
                    self.open.push(Level { links: self.links, bracket: b'$' });
                    self.depth += self.links + 1;
                    self.links = 0;
                    self.max = self.max.max(self.depth);
                    self.last = Last::Operator;
                    return;
                }
                _ => self.at += 1,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::nesting_bound;

    #[test]
    fn flat_files_are_shallow() {
        let text = "const a = b.c.d(1, 2)\nfoo()\nif (x) { y() } else { z() }\n".repeat(5_000);
        assert!(nesting_bound(&text) < 20, "{}", nesting_bound(&text));
        let list = format!("const a = [{}]", "{ a: 1, b: -2 }, ".repeat(10_000));
        assert!(nesting_bound(&list) < 20);
    }

    #[test]
    fn every_way_to_nest_is_counted() {
        let n = 500;
        for text in [
            format!("{}1{}", "(".repeat(n), ")".repeat(n)),
            format!("{}{}", "[".repeat(n), "]".repeat(n)),
            format!("{}{}", "{".repeat(n), "}".repeat(n)),
            format!("{}1", "a=>".repeat(n)),
            format!("{}1", "!".repeat(n)),
            format!("{}1", "- ".repeat(n)),
            format!("{}1", "typeof ".repeat(n)),
            format!("1{}", "+1".repeat(n)),
            format!("a{}", ".b".repeat(n)),
            format!("a{}", "\n.b()".repeat(n)),
            format!("a{}", "()".repeat(n)),
            format!("a{}", "[0]".repeat(n)),
            format!("a{}", "``".repeat(n)),
            format!("type T = A{}", "[]".repeat(n)),
            format!("{}1", "a?b:".repeat(n)),
            format!("{}{{}}", "if(a){}else ".repeat(n)),
            format!("{}1{}", "`${".repeat(n), "}`".repeat(n)),
            format!("{}{}", "<a>".repeat(n), "</a>".repeat(n)),
            format!("type T = {}B{}", "A<".repeat(n), ">".repeat(n)),
            format!("{}{}", "function f(){".repeat(n), "}".repeat(n)),
        ] {
            let bound = nesting_bound(&text);
            assert!(bound >= 500, "{bound} for {}", &text[..40]);
        }
    }

    #[test]
    fn text_in_strings_comments_and_patterns_does_not_nest() {
        let text = "a = '((((' // ((((\n/* (((( */ b = /[(/((((]/.test(x)\n".repeat(1_000);
        assert!(nesting_bound(&text) < 20);
    }
}
