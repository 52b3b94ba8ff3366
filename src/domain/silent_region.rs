//! A copy that lies where everything is silent: it may be lost as well, and nobody restores from it without that
//! being said (S10, R17).

use super::Service;

/// The region that a copy lies in, where none of the primaries that were asked answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SilentRegion {
    /// Its name.
    pub name: String,
    /// How many primaries are silent there.
    pub silent: usize,
}

impl SilentRegion {
    /// Where the copy lies, and what is known of that.
    pub fn text(&self) -> String {
        let Self { name, silent } = self;
        let are = if *silent == 1 { "primary is" } else { "primaries are" };
        format!("{name}, where {silent} {are} silent and none answers")
    }
}

impl Service {
    /// The region of its secondary copy where that is silent. Where its primary is in it too, that is said of it by itself.
    pub fn copy_region_silent(&self) -> Option<SilentRegion> {
        let silent = self.silent_there.filter(|_| !self.is_in_one_region())?;
        let name = self.secondary.as_ref()?.region.clone()?;
        Some(SilentRegion { name, silent })
    }
}
