use serde_json::Value;

/// How the program ended.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Outcome {
    /// The same, having checked that everything was done and nothing was said on stderr.
    ///
    /// # Panics
    /// Another exit code, or text on stderr.
    #[track_caller]
    pub fn done(self) -> Self {
        assert_eq!((self.code, self.stderr.as_str()), (Some(0), ""), "{}", self.stdout);
        self
    }

    /// The one sentence of a failure, without "error: ".
    ///
    /// # Panics
    /// Another exit code, output beside the sentence, more than one line, a backtrace.
    #[track_caller]
    pub fn sentence(&self, code: i32) -> &str {
        assert_eq!(self.code, Some(code), "{self:?}");
        assert_eq!(self.stdout, "", "a failure prints no result");
        let sentence = self.stderr.strip_prefix("error: ").unwrap_or_else(|| panic!("{}", self.stderr));
        let sentence = sentence.strip_suffix('\n').expect("the sentence ends its line");
        assert!(!sentence.contains('\n'), "one line: {sentence}");
        assert!(sentence.len() < 600, "one sentence: {sentence}");
        for noise in ["stack backtrace", "RUST_BACKTRACE", "Exception raised from", "TypeLayout"] {
            assert!(!sentence.contains(noise), "no {noise}: {sentence}");
        }
        sentence
    }

    /// Standard output as JSON.
    ///
    /// # Panics
    /// When it is anything else.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}", self.stdout))
    }
}
