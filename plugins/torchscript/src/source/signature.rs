//! What a method takes and gives: `def forward(self: …, x: Tensor, mask: Optional[Tensor]=None) -> Tensor:`.

/// A method's declaration.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Signature {
    /// Its name.
    pub(crate) name: String,
    /// What it takes beside the module itself.
    pub(crate) arguments: Vec<Argument>,
    /// The type of its result.
    pub(crate) result: String,
}

/// One argument.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Argument {
    /// Its name.
    pub(crate) name: String,
    /// Its type.
    pub(crate) kind: String,
    /// Whether it may be left out.
    pub(crate) has_default: bool,
}

impl Signature {
    /// Reads the declaration that the text starts with, over as many lines as it takes.
    pub(super) fn read(text: &str) -> Option<Self> {
        let (name, rest) = text.trim_start().strip_prefix("def ")?.split_once('(')?;
        let end = closing(rest)?;
        let (arguments, rest) = (&rest[..end], &rest[end + 1..]);
        let result = rest.strip_prefix(" -> ")?.lines().next()?.trim_end().strip_suffix(':')?;
        let mut arguments = split(arguments).into_iter();
        arguments.next()?; // the module itself
        let arguments = arguments.map(Argument::read).collect::<Option<Vec<_>>>()?;
        Some(Self { name: name.to_owned(), arguments, result: result.to_owned() })
    }

    /// Why it cannot be called with this many tensors for this many results; `None` if it can.
    pub(crate) fn unsuitable(&self, inputs: &[&str], outputs: usize) -> Option<String> {
        let takes_tensor =
            |argument: &&Argument| matches!(argument.kind.as_str(), "Tensor" | "Optional[Tensor]" | "Any");
        let needed = self.arguments.iter().filter(|argument| !argument.has_default).count();
        if inputs.len() < needed || inputs.len() > self.arguments.len() {
            let taken: Vec<&str> = self.arguments.iter().map(|argument| argument.name.as_str()).collect();
            return Some(format!(
                "its `{}` takes {} ({}), and the data have {} ({}), which it gets in this order; write it for these",
                self.name,
                count(taken.len(), "input"),
                taken.join(", "),
                count(inputs.len(), "input field"),
                inputs.join(", "),
            ));
        }
        if let Some(other) = self.arguments[..inputs.len()].iter().find(|argument| !takes_tensor(argument)) {
            return Some(format!(
                "its `{}` takes {} as `{}`, and the host gives it tensors; take a Tensor",
                self.name, other.kind, other.name
            ));
        }
        let given = match self.result.as_str() {
            "Tensor" => Some(1),
            "List[Tensor]" => None,
            tuple => {
                let parts = tuple.strip_prefix("Tuple[").and_then(|rest| rest.strip_suffix(']')).map(split);
                match parts.filter(|parts| parts.iter().all(|part| *part == "Tensor")) {
                    Some(parts) => Some(parts.len()),
                    None => {
                        return Some(format!(
                            "its `{}` returns {}; return a Tensor, or a tuple of them, one a target",
                            self.name, self.result
                        ));
                    }
                }
            }
        };
        given.filter(|given| *given != outputs).map(|given| {
            format!(
                "its `{}` returns {}, and the data have {}; return one a target",
                self.name,
                count(given, "tensor"),
                count(outputs, "target")
            )
        })
    }
}

impl Argument {
    fn read(text: &str) -> Option<Self> {
        let (name, kind) = text.split_once(": ")?;
        let (kind, default) =
            kind.split_once('=').map_or((kind, None), |(kind, default)| (kind, Some(default)));
        Some(Self { name: name.to_owned(), kind: kind.trim().to_owned(), has_default: default.is_some() })
    }
}

fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// Where the bracket that was open before the text closes.
fn closing(text: &str) -> Option<usize> {
    top_level(text).find(|(_, depth, letter)| *depth == 0 && *letter == ')').map(|(at, ..)| at)
}

/// The parts between commas outside brackets and texts.
fn split(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    for (at, depth, letter) in top_level(text) {
        if depth == 0 && letter == ',' {
            parts.push(text[start..at].trim());
            start = at + 1;
        }
    }
    parts.push(text[start..].trim());
    parts.retain(|part| !part.is_empty());
    parts
}

/// The letters outside quoted texts, each with its place and the depth of brackets before it.
fn top_level(text: &str) -> impl Iterator<Item = (usize, usize, char)> {
    let (mut depth, mut quote, mut escaped) = (0_usize, None, false);
    text.char_indices().filter_map(move |(at, letter)| {
        if let Some(end) = quote {
            if !escaped && letter == end {
                quote = None;
            }
            escaped = letter == '\\' && !escaped;
            return None;
        }
        let before = depth;
        match letter {
            '"' | '\'' => quote = Some(letter),
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        Some((at, before, letter))
    })
}
