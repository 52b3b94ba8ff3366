//! A picture as pixels, two to a unit.

/// Why there is no PNG.
#[cfg(not(feature = "screenshots"))]
pub(crate) fn png(_: &str) -> Result<Vec<u8>, String> {
    Err("they need `--features screenshots`".to_owned())
}

/// The PNG file of an SVG text, drawn with the font it names.
#[cfg(feature = "screenshots")]
pub(crate) fn png(svg: &str) -> Result<Vec<u8>, String> {
    use std::sync::Arc;

    use resvg::tiny_skia::{Pixmap, Transform};
    use resvg::usvg::{Options, Tree, fontdb};

    const SCALE: f32 = 2.0;

    let mut fonts = fontdb::Database::new();
    fonts.load_system_fonts();
    let wanted = fontdb::Query { families: &[fontdb::Family::Name(crate::svg::FONT)], ..Default::default() };
    if fonts.query(&wanted).is_none() {
        return Err(format!("no font {} here: apt-get install fonts-jetbrains-mono", crate::svg::FONT));
    }
    let options = Options { fontdb: Arc::new(fonts), ..Options::default() };
    let tree = Tree::from_str(svg, &options).map_err(|error| error.to_string())?;
    let size = tree.size().to_int_size().scale_by(SCALE).ok_or("no size")?;
    let mut pixels = Pixmap::new(size.width(), size.height()).ok_or("no size")?;
    resvg::render(&tree, Transform::from_scale(SCALE, SCALE), &mut pixels.as_mut());
    pixels.encode_png().map_err(|error| error.to_string())
}
