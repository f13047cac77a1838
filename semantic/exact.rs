//! Tables that stay, in as much room as they need.

/// Rows in as much room as they need: they stay until the link. They are copied, since allocators leave what shrinks by less
/// than half where it is.
pub(crate) fn exact<T>(rows: Vec<T>) -> Box<[T]> {
    if rows.len() == rows.capacity() {
        return rows.into();
    }
    let mut out = Vec::with_capacity(rows.len());
    out.extend(rows);
    out.into()
}
