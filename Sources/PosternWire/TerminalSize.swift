/// RESIZE, and the size in OPEN: cells, and pixels where they are known. 0 rows or columns mean "not known".
public struct TerminalSize: Equatable, Sendable {
    public var rows: UInt16
    public var columns: UInt16
    public var pixelWidth: UInt16 = 0
    public var pixelHeight: UInt16 = 0

    public init(rows: UInt16, columns: UInt16, pixelWidth: UInt16 = 0, pixelHeight: UInt16 = 0) {
        self.rows = rows
        self.columns = columns
        self.pixelWidth = pixelWidth
        self.pixelHeight = pixelHeight
    }

    func put(in fields: inout FieldWriter) {
        fields.put("rows", UInt64(rows))
        fields.put("columns", UInt64(columns))
        if pixelWidth > 0 { fields.put("x-pixels", UInt64(pixelWidth)) }
        if pixelHeight > 0 { fields.put("y-pixels", UInt64(pixelHeight)) }
    }

    struct Reader {
        private var rows: UInt64?
        private var columns: UInt64?
        private var width: UInt64?
        private var height: UInt64?

        var any: Bool { rows != nil || columns != nil || width != nil || height != nil }

        /// False when the field is none of a size's.
        mutating func take(_ field: Field) throws(WireError) -> Bool {
            func cells(_ field: Field) throws(WireError) -> UInt64 {
                try field.number(in: 0...UInt64(UInt16.max))
            }
            switch field.key {
            case "rows": try field.once(&rows, cells)
            case "columns": try field.once(&columns, cells)
            case "x-pixels": try field.once(&width, cells)
            case "y-pixels": try field.once(&height, cells)
            default: return false
            }
            return true
        }

        func finish() throws(WireError) -> TerminalSize? {
            guard any else { return nil }
            guard let rows else { throw .missingField("rows") }
            guard let columns else { throw .missingField("columns") }
            return TerminalSize(
                rows: UInt16(rows), columns: UInt16(columns), pixelWidth: UInt16(width ?? 0),
                pixelHeight: UInt16(height ?? 0))
        }
    }

    public func encode() -> [UInt8] {
        var fields = FieldWriter()
        put(in: &fields)
        return fields.bytes
    }

    public init(_ payload: [UInt8]) throws(WireError) {
        var size = Reader()
        try FieldReader.each(payload) { field throws(WireError) in
            guard try size.take(field) else { throw field.isUnknown }
        }
        guard let whole = try size.finish() else { throw .missingField("rows") }
        self = whole
    }
}
