//! TorchScript's serialised source: which tensors a module holds, what its methods take and give, and two methods
//! more.
//!
//! libtorch's C++ knows all of this; tch shows the parameters alone, and neither buffers nor a way to put another
//! tensor in a parameter's place. The language itself has both, so [`Program`] reads the declarations and writes two
//! methods: `semola_tensors` returns every tensor, `semola_assign` replaces them. It is text in, text out, with no
//! libtorch in sight; what it cannot read is an error, never a guess.
//!
//! The printer's format is regular: a class starts at the margin, attributes are indented by two blanks and stand
//! before the methods, parameters and buffers are named in two lists.

use std::collections::{BTreeMap, HashSet};

mod signature;

pub(crate) use signature::Signature;

/// The method that returns all tensors.
pub(crate) const TENSORS: &str = "semola_tensors";
/// The method that replaces all tensors.
pub(crate) const ASSIGN: &str = "semola_assign";

/// Deeper nesting than any network has; hostile files need an end.
const DEEPEST: usize = 64;
const MOST_TENSORS: usize = 100_000;

/// All of a module's source.
#[derive(Debug)]
pub(crate) struct Program {
    root: String,
    files: BTreeMap<String, String>,
    classes: BTreeMap<String, Class>,
    /// Attributes that some method assigns to.
    assigned: HashSet<String>,
}

/// A module's class.
#[derive(Clone, Debug, Default, PartialEq)]
struct Class {
    file: String,
    parameters: Vec<String>,
    buffers: Vec<String>,
    /// Name and type.
    attributes: Vec<(String, String)>,
    methods: Vec<Signature>,
    /// Where its text ends.
    end: usize,
}

/// A tensor that lasts: an attribute of the module or of one within it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Slot {
    /// Dotted path, as in PyTorch's state dict.
    pub(crate) name: String,
    /// Whether the module calls it a parameter.
    pub(crate) is_parameter: bool,
    /// Whether the code puts other tensors in its place as it runs.
    pub(crate) is_assigned: bool,
    /// The module that holds it, as an expression.
    owner: String,
    attribute: String,
}

impl Program {
    /// Reads files of source (name and text) whose main class is `root`, "__torch__.Net".
    ///
    /// # Errors
    /// The source does not hold that class.
    pub(crate) fn read(root: String, files: BTreeMap<String, String>) -> Result<Self, String> {
        let mut classes = BTreeMap::new();
        let mut assigned = HashSet::new();
        for (file, text) in &files {
            let package = file.trim_start_matches("code/").trim_end_matches(".py").replace('/', ".");
            for (name, class) in classes_of(file, text) {
                classes.insert(format!("{package}.{name}"), class);
            }
            assigned.extend(text.lines().filter_map(assigned_attribute).map(str::to_owned));
        }
        if !classes.contains_key(&root) {
            return Err(format!(
                "is not read by this plugin: its code does not declare its main class {root}"
            ));
        }
        Ok(Self { root, files, classes, assigned })
    }

    /// A method of the module, if it has one of this name.
    pub(crate) fn method(&self, name: &str) -> Option<&Signature> {
        self.main().methods.iter().find(|method| method.name == name)
    }

    /// The names of its methods.
    pub(crate) fn methods(&self) -> Vec<&str> {
        self.main().methods.iter().map(|method| method.name.as_str()).collect()
    }

    /// All tensors, in the order of declaration: parameters, buffers and plain attributes.
    ///
    /// # Errors
    /// A tensor whose name cannot be assigned to, or one that may be absent.
    pub(crate) fn tensors(&self) -> Result<Vec<Slot>, String> {
        let mut slots = Vec::new();
        self.collect(&self.root, "", "self", 0, &mut slots)?;
        Ok(slots)
    }

    fn collect(
        &self,
        class: &str,
        path: &str,
        owner: &str,
        depth: usize,
        slots: &mut Vec<Slot>,
    ) -> Result<(), String> {
        let Some(class) = self.classes.get(class) else {
            return Ok(()); // a class of data, not a module
        };
        if depth > DEEPEST || slots.len() > MOST_TENSORS {
            return Err("nests modules too deeply, or holds too many tensors, for this plugin".into());
        }
        for (attribute, kind) in &class.attributes {
            let name = if path.is_empty() { attribute.clone() } else { format!("{path}.{attribute}") };
            let is_parameter = class.parameters.contains(attribute);
            let listed = is_parameter || class.buffers.contains(attribute);
            if kind == "Tensor" {
                if !is_identifier(attribute) {
                    return Err(format!(
                        "holds the tensor `{name}`, whose name is no word (a ParameterList or BufferList?), and \
                         TorchScript cannot put the host's tensor there; give each an attribute of its own"
                    ));
                }
                slots.push(Slot {
                    is_parameter,
                    is_assigned: self.assigned.contains(attribute),
                    owner: owner.into(),
                    attribute: attribute.clone(),
                    name,
                });
            } else if listed && kind != "NoneType" {
                return Err(format!(
                    "declares `{name}` as {kind}, and a parameter or buffer that may be absent cannot be handed to \
                     the host; make it a Tensor, or None for good"
                ));
            } else if kind.starts_with("__torch__.") {
                let inner = member(owner, attribute)?;
                self.collect(kind, &name, &inner, depth + 1, slots)?;
            }
        }
        Ok(())
    }

    /// The file of the main class with the two methods for these tensors.
    ///
    /// # Errors
    /// The class has a method of that name already.
    pub(crate) fn with_access(&self, slots: &[Slot]) -> Result<(String, String), String> {
        if let Some(taken) = [TENSORS, ASSIGN].iter().find(|name| self.method(name).is_some()) {
            return Err(format!("has a method `{taken}`, a name that this plugin needs; rename it"));
        }
        let class = self.main();
        let values: Vec<String> =
            slots.iter().map(|slot| member(&slot.owner, &slot.attribute)).collect::<Result<_, _>>()?;
        let mut added = format!(
            "  def {TENSORS}(self: {root}) -> List[Tensor]:\n    return [{}]\n  def {ASSIGN}(self: {root},\n    \
             tensors: List[Tensor]) -> NoneType:\n",
            values.join(", "),
            root = self.root,
        );
        for (place, slot) in slots.iter().enumerate() {
            added += &format!(
                "    owner_{place} = {}\n    owner_{place}.{} = tensors[{place}]\n",
                slot.owner, slot.attribute
            );
        }
        added += "    return None\n";
        let mut text = self.files[&class.file].clone();
        if !text[..class.end].ends_with('\n') {
            added.insert(0, '\n');
        }
        text.insert_str(class.end, &added);
        Ok((class.file.clone(), text))
    }

    fn main(&self) -> &Class {
        &self.classes[&self.root] // `read` has looked
    }
}

/// An attribute of an expression.
fn member(owner: &str, attribute: &str) -> Result<String, String> {
    if is_identifier(attribute) {
        Ok(format!("({owner}).{attribute}"))
    } else if attribute.chars().all(|letter| letter.is_alphanumeric() || letter == '_' || letter == '-') {
        Ok(format!("getattr({owner}, \"{attribute}\")"))
    } else {
        Err(format!("has a module named {attribute:?}; name it with letters, digits and _"))
    }
}

fn is_identifier(name: &str) -> bool {
    let mut letters = name.chars();
    letters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

/// `ema` of `    s.ema = torch.add(_1, _2)`.
fn assigned_attribute(line: &str) -> Option<&str> {
    let (target, _) = line.split_once(" = ")?;
    let (_, attribute) = target.rsplit_once('.')?;
    is_identifier(attribute).then_some(attribute)
}

/// The module classes of a file with their names.
fn classes_of(file: &str, text: &str) -> Vec<(String, Class)> {
    let mut classes: Vec<(String, Class)> = Vec::new();
    let mut inside = false;
    let mut before_methods = false;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let bare = line.trim_end();
        if !bare.is_empty() && !bare.starts_with(' ') {
            let name = bare.strip_prefix("class ").and_then(|rest| rest.strip_suffix("(Module):"));
            inside = name.is_some_and(is_identifier);
            before_methods = inside;
            if let Some(name) = name.filter(|_| inside) {
                classes.push((name.to_owned(), Class { file: file.to_owned(), ..Class::default() }));
            }
        }
        let Some((_, class)) = classes.last_mut().filter(|_| inside) else {
            continue;
        };
        if !bare.is_empty() {
            class.end = at;
        }
        let Some(declaration) = bare.strip_prefix("  ").filter(|rest| !rest.starts_with(' ')) else {
            continue;
        };
        if declaration.starts_with("def ") {
            before_methods = false;
            class.methods.extend(Signature::read(&text[start..]));
        } else if before_methods {
            declare(class, declaration);
        }
    }
    classes
}

/// One line of the declarations: a list of names, or an attribute with its type.
fn declare(class: &mut Class, line: &str) {
    if let Some(list) = line.strip_prefix("__parameters__ = ") {
        class.parameters = names(list);
    } else if let Some(list) = line.strip_prefix("__buffers__ = ") {
        class.buffers = names(list);
    } else if let Some(rest) = line.strip_prefix("__annotations__[\"") {
        if let Some((name, kind)) = rest.split_once("\"] = ") {
            class.attributes.push((name.to_owned(), kind.trim().to_owned()));
        }
    } else if let Some((name, kind)) = line.split_once(" : ")
        && is_identifier(name)
    {
        class.attributes.push((name.to_owned(), kind.trim().to_owned()));
    }
}

/// The words of `["weight", "bias", ]`.
fn names(list: &str) -> Vec<String> {
    list.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests;
