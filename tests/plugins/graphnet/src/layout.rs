//! Where the nodes of the graph are in a data set: its spec, read once.
//!
//! All inputs but the mask are nodes, `[nodes, …]`, and all of one number of nodes; so every number that the data hold
//! reaches the model. What the group moves is a coordinate, what it leaves alone an attribute.

use semola_plugin_api::{DataSpec, Error, Field, FieldType, Representation, Result, Task, Tensor};

/// The parts of a spec that the model needs.
#[derive(Debug, PartialEq)]
pub(crate) struct Layout {
    /// Places of the coordinates among the inputs.
    coordinates: Vec<usize>,
    /// Places of the attributes among the inputs.
    attributes: Vec<usize>,
    /// Place of the mask among the inputs, where nodes are padded.
    mask: Option<usize>,
    /// Rows for nodes, padding included; 1 where they vary between batches.
    pub(crate) rows: i64,
    /// Coordinates of a node.
    pub(crate) dimensions: i64,
    /// Coordinates and attributes of a node.
    pub(crate) numbers: i64,
    /// Shape of each prediction for one sample.
    pub(crate) predictions: Vec<Vec<i64>>,
}

/// The nodes of a batch.
pub(crate) struct Nodes {
    /// `[batch, rows, dimensions]`
    pub(crate) coordinates: Tensor,
    /// Coordinates, then attributes: `[batch, rows, numbers]`.
    pub(crate) numbers: Tensor,
    /// 1 for a node and 0 for padding: `[batch, rows]`.
    pub(crate) present: Tensor,
}

impl Layout {
    /// Reads a spec.
    ///
    /// # Errors
    /// There are no coordinates, or a field is neither nodes nor their mask: one sentence that names it.
    pub(crate) fn of(spec: &DataSpec) -> Result<Self> {
        let moves = |field: &&Field| field.representation != Representation::Scalar && field.shape.len() >= 2;
        let Some(first) = spec.inputs.iter().find(moves) else {
            return Err("no input holds coordinates of nodes, [nodes, …]".into());
        };
        let (rows, mask) = (first.shape[0], first.mask.as_ref());
        let mut layout = Self {
            coordinates: Vec::new(),
            attributes: Vec::new(),
            mask: mask.and_then(|name| spec.inputs.iter().position(|field| field.name == *name)),
            rows: rows.max(1),
            dimensions: 0,
            numbers: 0,
            predictions: predictions(spec)?,
        };
        for (place, field) in spec.inputs.iter().enumerate().filter(|(place, _)| layout.mask != Some(*place))
        {
            let alike = field.shape.first() == Some(&rows) && field.mask.as_ref() == mask;
            let numbers = field.shape.iter().skip(1).product::<i64>();
            if !alike || numbers < 1 || field.dtype != FieldType::F32 {
                return Err(Error::new(format!(
                    "input '{}' is {:?} {:?}, expected floats [{rows}, …] for nodes like those of \
                     '{}', or their mask; choose another model",
                    field.name, field.dtype, field.shape, first.name
                )));
            }
            layout.numbers += numbers;
            if field.representation == Representation::Scalar {
                layout.attributes.push(place);
            } else {
                layout.dimensions += numbers;
                layout.coordinates.push(place);
            }
        }
        Ok(layout)
    }

    /// Numbers in each prediction for one sample.
    pub(crate) fn sizes(&self) -> Vec<i64> {
        self.predictions.iter().map(|shape| shape.iter().product()).collect()
    }

    /// The nodes of the inputs.
    pub(crate) fn nodes(&self, inputs: &[Tensor]) -> Nodes {
        let each = |places: &[usize]| -> Vec<Tensor> {
            // A field with one number a node may have no axis for it.
            places.iter().map(|&place| inputs[place].unsqueeze(-1).flatten(2, -1)).collect()
        };
        let coordinates = each(&self.coordinates);
        let numbers = Tensor::cat(&[coordinates.clone(), each(&self.attributes)].concat(), 2);
        let present = match self.mask {
            Some(place) => inputs[place].clone(),
            None => numbers.select(2, 0).ones_like(),
        };
        Nodes { coordinates: Tensor::cat(&coordinates, 2), numbers, present }
    }
}

fn predictions(spec: &DataSpec) -> Result<Vec<Vec<i64>>> {
    if let Task::Classification { classes } = spec.task {
        return Ok(vec![vec![classes]]);
    }
    let shape = |field: &Field| match field.numel() {
        Some(_) => Ok(field.shape.clone()),
        None => Err(Error::new(format!(
            "target '{}' has shape {:?}, expected a fixed length",
            field.name, field.shape
        ))),
    };
    spec.targets.iter().map(shape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Molecules as the plugin `molecules` lays them out.
    fn spec() -> DataSpec {
        let masked = |field: Field| Field { mask: Some("mask".into()), ..field };
        DataSpec {
            n: 3,
            inputs: vec![
                masked(Field::new("element", [9, 4], Representation::Scalar)),
                Field::scalars("mask", 9),
                masked(Field::vectors("position", 9, 3)),
            ],
            targets: vec![Field::scalars("gap", 1)],
            task: Task::Regression,
            reference: None,
        }
    }

    #[test]
    fn coordinates_attributes_and_mask_are_told_apart() {
        let layout = Layout::of(&spec()).expect("molecules suit");
        let expected = Layout {
            coordinates: vec![2],
            attributes: vec![0],
            mask: Some(1),
            rows: 9,
            dimensions: 3,
            numbers: 7,
            predictions: vec![vec![1]],
        };
        assert_eq!(layout, expected);
    }

    #[test]
    fn what_does_not_suit_is_named() {
        let refusal = |change: &dyn Fn(&mut DataSpec)| {
            let mut spec = spec();
            change(&mut spec);
            Layout::of(&spec).expect_err("it does not suit").to_string()
        };
        assert!(refusal(&|spec| drop(spec.inputs.pop())).contains("no input holds coordinates"));
        assert!(refusal(&|spec| spec.inputs[0].shape[0] = 8).contains("'element' is F32 [8, 4]"));
        assert!(refusal(&|spec| spec.inputs[0].mask = None).contains("'element'"));
        assert!(refusal(&|spec| spec.inputs[0].dtype = FieldType::I64).contains("'element' is I64"));
        assert!(refusal(&|spec| spec.inputs.push(Field::scalars("charge", 1))).contains("'charge'"));
        assert!(refusal(&|spec| spec.targets[0].shape = vec![-1]).contains("'gap'"));
    }
}
