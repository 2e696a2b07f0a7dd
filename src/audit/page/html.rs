//! Markup into which no text gets unescaped.
//!
//! [`Html`] is made of [`Element`]s, whose texts and attributes are escaped, and of what [`Html::own`] takes, which can only be
//! written in this program. A template engine escapes `<` and `"`, but no bidirectional marks and no control characters,
//! which would have to be remembered wherever a text is shown; here that cannot be forgotten.

use crate::audit::visible;

/// A piece of a page.
#[derive(Clone, Debug, Default)]
pub(super) struct Html(String);

impl Html {
    /// Markup that is written in this program.
    pub fn own(markup: &'static str) -> Self {
        Self(markup.to_owned())
    }

    /// A figure of this program, whose text its writer has escaped.
    pub fn svg(svg: Vec<u8>) -> Self {
        Self(String::from_utf8(svg).expect("a figure in vectors is text"))
    }

    /// What is written to the file.
    pub fn into_string(self) -> String {
        self.0
    }
}

/// An element.
#[derive(Clone, Debug)]
pub(super) struct Element {
    name: &'static str,
    attributes: String,
    content: String,
}

/// An element of this name, without attributes and content.
pub(super) fn element(name: &'static str) -> Element {
    Element { name, attributes: String::new(), content: String::new() }
}

impl Element {
    /// With an attribute, whose value is escaped.
    pub fn attribute(mut self, name: &'static str, value: &str) -> Self {
        self.attributes += &format!(" {name}=\"{}\"", escaped(value));
        self
    }

    pub fn class(self, class: &'static str) -> Self {
        self.attribute("class", class)
    }

    /// With a text, which is shown as it is read: what could be taken for markup is escaped, and what cannot be seen is made
    /// visible.
    pub fn text(mut self, text: &str) -> Self {
        self.content += &escaped(text);
        self
    }

    pub fn child(mut self, child: impl Into<Html>) -> Self {
        self.content += &child.into().0;
        self
    }

    pub fn children(self, children: impl IntoIterator<Item = Element>) -> Self {
        children.into_iter().fold(self, Self::child)
    }
}

impl From<Element> for Html {
    fn from(Element { name, attributes, content }: Element) -> Self {
        match name {
            "br" => Self("<br>".to_owned()),
            _ => Self(format!("<{name}{attributes}>{content}</{name}>")),
        }
    }
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in visible(text).chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_attributes_are_escaped() {
        for (text, shown) in [
            ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
            ("\" onclick='x' &amp;", "&quot; onclick=&#39;x&#39; &amp;amp;"),
            ("\u{202e}a\u{1b}b\0c", "&lt;U+202E&gt;a&lt;U+001B&gt;b&lt;U+0000&gt;c"),
            ("a\nb", "a↵b"),
        ] {
            let html = Html::from(element("p").attribute("title", text).text(text)).into_string();
            assert_eq!(html, format!("<p title=\"{shown}\">{shown}</p>"));
        }
    }
}
