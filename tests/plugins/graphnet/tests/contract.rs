//! What the host demands of every plugin, tried by the host itself: `semola-host plugin check`.

#[test]
fn the_plugin_keeps_its_contract() {
    semola_plugin_api::testing::check_plugin("graphnet");
}
