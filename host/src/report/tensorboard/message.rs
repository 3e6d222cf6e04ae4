//! The messages of an event file, as far as they are written here: field numbers of TensorFlow's `event.proto` and
//! `summary.proto`, which are frozen. `prost` makes bytes of them.

/// One record.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Event {
    /// Seconds since 1970.
    #[prost(double, tag = "1")]
    pub(super) wall_time: f64,
    #[prost(int64, tag = "2")]
    pub(super) step: i64,
    #[prost(oneof = "What", tags = "3, 5, 7")]
    pub(super) what: Option<What>,
}

/// What it is about.
#[derive(Clone, PartialEq, prost::Oneof)]
pub(super) enum What {
    /// First of all.
    #[prost(string, tag = "3")]
    FileVersion(String),
    #[prost(message, tag = "5")]
    Summary(Summary),
    #[prost(message, tag = "7")]
    SessionLog(SessionLog),
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct SessionLog {
    /// 1: the session starts, and what was told of its steps before holds no more.
    #[prost(int32, tag = "1")]
    pub(super) status: i32,
}

/// Values of one step.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Summary {
    #[prost(message, repeated, tag = "1")]
    pub(super) value: Vec<Value>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Value {
    #[prost(string, tag = "1")]
    pub(super) tag: String,
    #[prost(oneof = "Datum", tags = "2, 4, 5")]
    pub(super) datum: Option<Datum>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
pub(super) enum Datum {
    #[prost(float, tag = "2")]
    Scalar(f32),
    #[prost(message, tag = "4")]
    Image(Image),
    #[prost(message, tag = "5")]
    Histogram(Histogram),
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Image {
    #[prost(int32, tag = "1")]
    pub(super) height: i32,
    #[prost(int32, tag = "2")]
    pub(super) width: i32,
    /// 4: red, green, blue and opacity.
    #[prost(int32, tag = "3")]
    pub(super) colorspace: i32,
    /// PNG.
    #[prost(bytes = "vec", tag = "4")]
    pub(super) encoded: Vec<u8>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Histogram {
    #[prost(double, tag = "1")]
    pub(super) min: f64,
    #[prost(double, tag = "2")]
    pub(super) max: f64,
    #[prost(double, tag = "3")]
    pub(super) num: f64,
    #[prost(double, tag = "4")]
    pub(super) sum: f64,
    #[prost(double, tag = "5")]
    pub(super) sum_squares: f64,
    /// Where each bucket ends.
    #[prost(double, repeated, tag = "6")]
    pub(super) bucket_limit: Vec<f64>,
    #[prost(double, repeated, tag = "7")]
    pub(super) bucket: Vec<f64>,
}

/// Buckets of a histogram.
const BUCKETS: usize = 30;

impl Histogram {
    /// Of finite numbers, at least one; the others are left out.
    pub(super) fn of(values: impl Iterator<Item = f64>) -> Option<Self> {
        let values: Vec<f64> = values.filter(|value| value.is_finite()).collect();
        let min = values.iter().copied().reduce(f64::min)?;
        let max = values.iter().copied().reduce(f64::max)?;
        // Of numbers that are all the same, one bucket that has a width.
        let width = if max > min { (max - min) / BUCKETS as f64 } else { min.abs().max(1.0) * 1e-3 };
        let count = if max > min { BUCKETS } else { 1 };
        let mut bucket = vec![0.0; count];
        for value in &values {
            bucket[(((value - min) / width) as usize).min(count - 1)] += 1.0;
        }
        Some(Self {
            min,
            max,
            num: values.len() as f64,
            sum: values.iter().sum(),
            sum_squares: values.iter().map(|value| value * value).sum(),
            bucket_limit: (1..=count).map(|end| min + width * end as f64).collect(),
            bucket,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use prost::Message;

    #[test]
    fn bytes_are_those_of_the_protobuf_encoding() {
        let values = vec![Value { tag: "a".into(), datum: Some(Datum::Scalar(0.5)) }];
        let event = Event { wall_time: 1.0, step: 300, what: Some(What::Summary(Summary { value: values })) };
        // By hand, after https://protobuf.dev/programming-guides/encoding: 1 as a double; 300 as a varint; field 5 of 10
        // bytes: field 1 of 8 bytes: the tag, and 0.5 as a float.
        let expected = [
            &[0x09, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f][..],
            &[0x10, 0xac, 0x02],
            &[0x2a, 10, 0x0a, 8, 0x0a, 1, b'a', 0x15, 0, 0, 0, 0x3f],
        ];
        assert_eq!(event.encode_to_vec(), expected.concat());
    }

    #[test]
    fn histograms_count_what_is_finite() {
        let histogram = Histogram::of([0.0, 30.0, 0.5, 29.5, f64::NAN].into_iter()).expect("four numbers");
        assert_eq!((histogram.min, histogram.max, histogram.num, histogram.sum), (0.0, 30.0, 4.0, 60.0));
        assert_eq!((histogram.bucket[0], histogram.bucket[29]), (2.0, 2.0));
        assert_eq!(histogram.bucket_limit[29], 30.0);
        let same = Histogram::of([2.0, 2.0].into_iter()).expect("two numbers");
        assert_eq!((same.bucket, same.bucket_limit[0] > 2.0), (vec![2.0], true));
        assert_eq!(Histogram::of([f64::INFINITY].into_iter()), None);
    }
}
