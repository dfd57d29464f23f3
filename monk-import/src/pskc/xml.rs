//! Finding one's way in the XML of a PSKC file.

use roxmltree::Node;

use crate::values::filled;

/// The namespace of RFC 6030.
pub const NAMESPACE: &str = "urn:ietf:params:xml:ns:keyprov:pskc";

/// Whether `node` is the element of that name, in RFC 6030's namespace.
pub fn is(node: Node<'_, '_>, name: &str) -> bool {
    node.has_tag_name((NAMESPACE, name))
}

/// The child of that name. Those of XML Encryption and XML Signature have names of their own, so
/// the namespace of a child does not matter.
pub fn child<'a, 'i>(node: Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    node.children().find(|child| child.is_element() && child.tag_name().name() == name)
}

/// The text in an element.
pub fn text_of<'a>(node: Node<'a, '_>) -> &'a str {
    node.text().unwrap_or_default()
}

/// What stands in the child of that name, if it is not empty.
pub fn text_in(node: Node<'_, '_>, name: &str) -> Option<String> {
    child(node, name).and_then(|child| filled(text_of(child)))
}

/// The lines of a text, asked for in their order: each is counted once.
pub struct Lines<'a> {
    text: &'a str,
    place: usize,
    line: usize,
}

impl<'a> Lines<'a> {
    /// From the first line on.
    pub fn of(text: &'a str) -> Self {
        Self { text, place: 0, line: 1 }
    }

    /// The line of a place, which is not before the one that was asked for last.
    pub fn at(&mut self, place: usize) -> usize {
        let passed = self.text.as_bytes().get(self.place..place).unwrap_or_default();
        self.line += passed.iter().filter(|byte| **byte == b'\n').count();
        self.place = self.place.max(place);
        self.line
    }

    /// The line in which an element begins.
    pub fn of_node(&mut self, node: Node<'_, '_>) -> usize {
        self.at(node.range().start)
    }
}
