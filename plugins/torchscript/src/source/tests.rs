use super::*;
use proptest::prelude::*;

const NET: &str = r#"class Net(Module):
  __parameters__ = ["scale", ]
  __buffers__ = ["ema", ]
  scale : Tensor
  ema : Tensor
  training : bool
  eps : Final[float] = 0.10000000000000001
  __annotations__["0"] = __torch__.torch.nn.Linear
  head : __torch__.Head
  def forward(self: __torch__.Net,
    x: Tensor,
    name: str="a, (b",
    mask: Optional[Tensor]=None) -> Tuple[Tensor, Tensor]:
    ema : Tensor = self.ema
    self.ema = torch.mul(ema, 2)
    return (x, x)
  def other(self: __torch__.Net) -> Dict[str, Tensor]:
    return {"a": self.ema}
class Head(Module):
  __parameters__ = []
  __buffers__ = []
  inner : __torch__.torch.nn.Linear
def free(x: Tensor) -> Tensor:
  return x
"#;

const LINEAR: &str = r#"class Linear(Module):
  __parameters__ = ["weight", "bias", ]
  __buffers__ = []
  weight : Tensor
  bias : NoneType
"#;

fn program(net: &str, linear: &str) -> Result<Program, String> {
    let files = [("code/__torch__.py", net), ("code/__torch__/torch/nn.py", linear)];
    Program::read(
        "__torch__.Net".into(),
        files.into_iter().map(|(name, text)| (name.to_owned(), text.to_owned())).collect(),
    )
}

#[test]
fn tensors_come_with_pytorchs_names() {
    let slots = program(NET, LINEAR).unwrap().tensors().unwrap();
    let told: Vec<(&str, bool, bool)> =
        slots.iter().map(|slot| (slot.name.as_str(), slot.is_parameter, slot.is_assigned)).collect();
    assert_eq!(
        told,
        [
            ("scale", true, false),
            ("ema", false, true),
            ("0.weight", true, false),
            ("head.inner.weight", true, false),
        ]
    );
}

#[test]
fn the_two_methods_are_added_to_the_main_class() {
    let program = program(NET, LINEAR).unwrap();
    let (file, text) = program.with_access(&program.tensors().unwrap()).unwrap();
    assert_eq!(file, "code/__torch__.py");
    let added = r#"    return {"a": self.ema}
  def semola_tensors(self: __torch__.Net) -> List[Tensor]:
    return [(self).scale, (self).ema, (getattr(self, "0")).weight, (((self).head).inner).weight]
  def semola_assign(self: __torch__.Net,
    tensors: List[Tensor]) -> NoneType:
    owner_0 = self
    owner_0.scale = tensors[0]
    owner_1 = self
    owner_1.ema = tensors[1]
    owner_2 = getattr(self, "0")
    owner_2.weight = tensors[2]
    owner_3 = ((self).head).inner
    owner_3.weight = tensors[3]
    return None
class Head(Module):
"#;
    assert!(text.contains(added), "{text}");
    assert_eq!(text.len() - NET.len(), added.len() - 27 - 20, "nothing else has changed");
}

#[test]
fn methods_are_read_whole() {
    let program = program(NET, LINEAR).unwrap();
    assert_eq!(program.methods(), ["forward", "other"]);
    let forward = program.method("forward").unwrap();
    let told: Vec<(&str, &str, bool)> = forward
        .arguments
        .iter()
        .map(|argument| (argument.name.as_str(), argument.kind.as_str(), argument.has_default))
        .collect();
    assert_eq!(told, [("x", "Tensor", false), ("name", "str", true), ("mask", "Optional[Tensor]", true)]);
    assert_eq!(forward.result, "Tuple[Tensor, Tensor]");
    assert_eq!(program.method("other").unwrap().arguments, []);
}

#[test]
fn a_method_that_does_not_suit_is_told_why() {
    let program = program(NET, LINEAR).unwrap();
    let forward = program.method("forward").unwrap();
    assert_eq!(forward.unsuitable(&["q"], 2), None);
    let problem = |inputs: &[&str], outputs| forward.unsuitable(inputs, outputs).unwrap();
    assert_eq!(
        problem(&[], 2),
        "its `forward` takes 3 inputs (x, name, mask), and the data have 0 input fields (), which it gets in this \
         order; write it for these"
    );
    assert!(problem(&["a", "b"], 2).contains("takes str as `name`"));
    assert!(problem(&["a"], 1).contains("returns 2 tensors, and the data have 1 target;"));
    let other = program.method("other").unwrap();
    assert!(other.unsuitable(&[], 1).unwrap().contains("returns Dict[str, Tensor]"));
}

#[test]
fn what_cannot_be_handed_over_is_named() {
    let error = |linear: &str| program(NET, linear).unwrap().tensors().unwrap_err();
    let optional = error(&LINEAR.replace("NoneType", "Optional[Tensor]"));
    assert!(optional.contains("`0.bias` as Optional[Tensor]"), "{optional}");
    let listed = error(&LINEAR.replace("  weight : Tensor", "  __annotations__[\"0\"] = Tensor"));
    assert!(listed.contains("`0.0`") && listed.contains("ParameterList"), "{listed}");
    let endless = error(&LINEAR.replace("weight : Tensor", "again : __torch__.torch.nn.Linear"));
    assert!(endless.contains("too deeply"), "{endless}");
    assert!(program(&NET.replace("class Net", "class Not"), LINEAR).is_err());
    let taken = program(&NET.replace("def other", "def semola_assign"), LINEAR).unwrap();
    assert!(taken.with_access(&[]).unwrap_err().contains("`semola_assign`"));
}

/// Everything that happens to a text.
fn read_all(text: &str) {
    if let Ok(program) = program(text, text)
        && let Ok(slots) = program.tensors()
    {
        let _ = program.with_access(&slots);
        program
            .classes
            .values()
            .flat_map(|class| &class.methods)
            .for_each(|method| drop(method.unsuitable(&["a"], 1)));
    }
}

proptest! {
    #[test]
    fn any_text_is_an_answer(text in "\\PC*") {
        read_all(&text);
    }

    #[test]
    fn spoilt_source_is_an_answer(at in 0..NET.len(), cut in 0..40_usize, put in "[\\PC\n]{0,6}") {
        let mut text = NET.to_owned();
        text.replace_range(at..(at + cut).min(NET.len()), &put);
        read_all(&text);
    }
}
