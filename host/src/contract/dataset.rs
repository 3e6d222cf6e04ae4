//! Data sets: declared shapes, one seed one result, splits that share nothing.

use super::{Finding, Sample, Suite, read_sample};
use crate::config::ComponentConfig;
use crate::plugins::probe::Outcome;
use crate::plugins::{DatasetInstance, LoadedPlugin};
use semola_plugin_api::Split;
use semola_plugin_api::abi::Component;
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use tch::Tensor;

/// Part of a held-out split that may be equal to training samples: published sets have a few duplicates.
const SHARED: f64 = 0.01;

type Fields = Vec<Tensor>;

pub(super) fn check(
    suite: &mut Suite<'_>,
    plugin: &LoadedPlugin,
    component: &Component,
    config: &ComponentConfig,
) -> Option<Sample> {
    let name = format!("dataset {}", component.name.as_str());
    let mut opened = None;
    suite.attempt(&format!("{name}: opens"), |suite| {
        // Files that have to be imported first, options that have no default: nothing is wrong with the plugin.
        let dataset = suite.open(config, 1).map_err(|error| Outcome::Skipped(format!("{error:#}")))?;
        opened = Some(dataset);
        Ok(String::new())
    });
    let dataset = opened?;
    let mut splits = Vec::new();
    let sound = suite.check(&format!("{name}: splits as its spec declares"), || {
        for split in Split::ALL {
            match dataset.split(split).map_err(|error| error.problem)? {
                Some((inputs, targets)) => splits.push((split, [inputs, targets].concat_fields())),
                None if matches!(split, Split::Train | Split::Test) => {
                    return Err(dataset.missing(split).problem);
                }
                None => {}
            }
        }
        let sizes = splits.iter().map(|(split, fields)| format!("{} {}", split.name(), fields[0].size()[0]));
        Ok(sizes.collect::<Vec<_>>().join(", "))
    });
    if !sound {
        return None;
    }
    suite.check(&format!("{name}: asking twice gives the same"), || same_splits(&dataset, &splits));
    suite.check(&format!("{name}: blocks are the splits"), || same_blocks(&dataset, &splits));
    suite.attempt(&format!("{name}: the same under the same seed"), |suite| {
        let again = suite.open(config, 1).map_err(|error| Outcome::Failed(format!("{error:#}")))?;
        same_splits(&again, &splits).map_err(Outcome::Failed)
    });
    suite.check(&format!("{name}: splits are disjoint"), || disjoint(&splits));
    let mut sample = None;
    suite.check(&format!("{name}: can be trained on"), || {
        let component = format!("{}/{}", plugin.file.id, component.name.as_str());
        sample = Some(read_sample(&component, &dataset)?);
        Ok(String::new())
    });
    sample
}

trait ConcatFields {
    fn concat_fields(self) -> Fields;
}

impl ConcatFields for [Fields; 2] {
    fn concat_fields(self) -> Fields {
        self.into_iter().flatten().collect()
    }
}

fn same_splits(dataset: &DatasetInstance, splits: &[(Split, Fields)]) -> Finding {
    for (split, fields) in splits {
        let again = dataset.split(*split).map_err(|error| error.problem)?;
        let again = again.map(|(inputs, targets)| [inputs, targets].concat_fields()).unwrap_or_default();
        let equal = again.len() == fields.len() && again.iter().zip(fields).all(|(a, b)| a.equal(b));
        if !equal {
            return Err(format!(
                "split {} is another one the second time; draw random numbers from the context's seed alone",
                split.name()
            ));
        }
    }
    Ok(String::new())
}

/// Splits that are read in blocks, too, are the same that way.
fn same_blocks(dataset: &DatasetInstance, splits: &[(Split, Fields)]) -> Finding {
    let mut notes = Vec::new();
    for (split, fields) in splits {
        let Some(extent) = dataset.extent(*split).map_err(|error| error.problem)? else { continue };
        let (name, mut start) = (split.name(), 0);
        for block in 0..extent.blocks {
            let (inputs, targets) = dataset.block(*split, block).map_err(|error| error.problem)?;
            let found = [inputs, targets].concat_fields();
            let count = found[0].size()[0];
            if count > extent.largest as i64 {
                return Err(format!(
                    "block {block} of split {name} has {count} samples, at most {} were announced",
                    extent.largest
                ));
            }
            let whole = |field: &Tensor| field.narrow(0, start, count.min(field.size()[0] - start));
            if !found.iter().zip(fields).all(|(found, field)| found.equal(&whole(field))) {
                return Err(format!(
                    "block {block} of split {name} is not samples {start} to {} of the whole split",
                    start + count
                ));
            }
            start += count;
        }
        let all = fields[0].size()[0];
        if (start, extent.samples as i64) != (all, all) {
            return Err(format!(
                "split {name} has {all} samples, its blocks have {start}, and it announced {}",
                extent.samples
            ));
        }
        notes.push(format!("{name} in {}", extent.blocks));
    }
    Ok(notes.join(", "))
}

/// No sample of training data in what is held out.
fn disjoint(splits: &[(Split, Fields)]) -> Finding {
    let train: HashSet<[u8; 32]> = match splits.iter().find(|(split, _)| *split == Split::Train) {
        Some((_, fields)) => rows(fields)?.into_iter().collect(),
        None => return Err("there is no training split".into()),
    };
    let mut notes = Vec::new();
    for (split, fields) in splits.iter().filter(|(split, _)| matches!(split, Split::Validation | Split::Test))
    {
        let rows = rows(fields)?;
        let shared = rows.iter().filter(|row| train.contains(*row)).count();
        let (name, of) = (split.name(), rows.len());
        if shared as f64 > SHARED * of as f64 {
            return Err(format!("{shared} of {of} samples of split {name} are also in split train"));
        }
        if shared > 0 {
            notes.push(format!("{shared} of {of} samples of split {name} are also in split train"));
        }
    }
    Ok(notes.join("; "))
}

/// A digest of each sample.
fn rows(fields: &[Tensor]) -> Result<Vec<[u8; 32]>, String> {
    let samples = fields[0].size()[0] as usize;
    let mut digests = vec![Sha256::new(); samples];
    for field in fields {
        let field = field.contiguous();
        let size = field.numel() / samples * field.kind().elt_size_in_bytes();
        let mut bytes = vec![0_u8; size * samples];
        field.f_copy_data_u8(&mut bytes, field.numel()).map_err(|error| error.to_string())?;
        for (digest, row) in digests.iter_mut().zip(bytes.chunks_exact(size.max(1))) {
            digest.update(row);
        }
    }
    Ok(digests.into_iter().map(|digest| digest.finalize().into()).collect())
}
