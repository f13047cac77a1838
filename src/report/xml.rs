//! What JUnit and Checkstyle have in common.

use super::safe::safe;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use std::io::Write;

/// A document under construction.
pub(super) struct Xml<'o> {
    writer: Writer<&'o mut dyn Write>,
}

impl<'o> Xml<'o> {
    /// Starts a document.
    pub(super) fn new(out: &'o mut dyn Write) -> std::io::Result<Self> {
        let mut writer = Writer::new_with_indent(out, b' ', 2);
        writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        Ok(Self { writer })
    }

    /// An element with what `inside` writes. XML 1.0 has no way to write most control characters: they are replaced.
    pub(super) fn element(
        &mut self,
        name: &str,
        attributes: &[(&str, &str)],
        inside: impl FnOnce(&mut Self) -> std::io::Result<()>,
    ) -> std::io::Result<()> {
        self.writer.write_event(Event::Start(start(name, attributes)))?;
        inside(self)?;
        self.writer.write_event(Event::End(BytesEnd::new(name)))
    }

    /// An element without content.
    pub(super) fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) -> std::io::Result<()> {
        self.writer.write_event(Event::Empty(start(name, attributes)))
    }

    /// Text.
    pub(super) fn text(&mut self, text: &str) -> std::io::Result<()> {
        let lines: Vec<_> = text.split('\n').map(safe).collect();
        self.writer.write_event(Event::Text(BytesText::new(&lines.join("\n"))))
    }

    /// Ends the document.
    pub(super) fn finish(self) -> std::io::Result<()> {
        writeln!(self.writer.into_inner())
    }
}

fn start<'e>(name: &'e str, attributes: &[(&str, &str)]) -> BytesStart<'e> {
    let mut start = BytesStart::new(name);
    for (key, value) in attributes {
        start.push_attribute((*key, safe(value).as_ref()));
    }
    start
}
