@testable import PosternWire
import Testing

private func read(_ payload: String) throws(WireError) -> [Field] {
    var reader = FieldReader(Array(payload.utf8))
    var fields: [Field] = []
    while let field = try reader.next() { fields.append(field) }
    return fields
}

private func field(_ key: String, _ value: String) -> Field { Field(key: key, value: Array(value.utf8)) }

@Suite struct FieldTests {
    @Test func fieldsAreReadInOrder() throws {
        #expect(try read("") == [])
        #expect(try read("a=1\0b=2\0a=3\0") == [field("a", "1"), field("b", "2"), field("a", "3")])
    }

    @Test func aValueMayBeEmptyAndHoldEqualsSigns() throws {
        #expect(try read("arg=\0") == [field("arg", "")])
        #expect(try read("env=K=V=W\0") == [field("env", "K=V=W")])
    }

    @Test func aValueIsBytesAndNotUTF8() throws {
        let bytes: [UInt8] = (1...255).map { UInt8($0) }
        var writer = FieldWriter()
        writer.put("arg", bytes)
        var reader = FieldReader(writer.bytes)
        #expect(try reader.next() == Field(key: "arg", value: bytes))
        #expect(try reader.next() == nil)
    }

    @Test(arguments: [
        "a", "a=", "a=1", "a=1\0b", "a=1\0b=2", "\0", "a=1\0\0", "=\0", "=1\0", "a\0", "A=1\0", "a b=1\0",
        " a=1\0", "a_b=1\0", "a.b=1\0", "é=1\0", "\u{1b}=1\0",
    ])
    func whatIsNotFieldsIsRefused(_ payload: String) {
        #expect(throws: WireError.malformedFields) { try read(payload) }
    }

    @Test func keysAreLowerCaseLettersDigitsAndHyphens() throws {
        #expect(try read("x-9=\0") == [field("x-9", "")])
        for byte in UInt8.min...UInt8.max {
            let isKey = "abcdefghijklmnopqrstuvwxyz0123456789-".utf8.contains(byte)
            #expect(Field.isKeyByte(byte) == isKey)
        }
    }

    @Test(
        arguments: [
            ("0", 0), ("7", 7), ("007", 7), ("18446744073709551615", UInt64.max),
            ("18446744073709551616", nil),
            ("99999999999999999999999", nil), ("", nil), ("-1", nil), ("+1", nil), (" 1", nil), ("1 ", nil),
            ("1a", nil), ("0x10", nil), ("١", nil),
        ] as [(String, UInt64?)])
    func numbersAreDecimalDigitsAndNothingElse(_ text: String, _ number: UInt64?) {
        #expect(Decimal.unsigned(text.utf8) == number)
    }

    @Test(
        arguments: [
            ("-1000", -1000), ("1000", 1000), ("-0", 0), ("9223372036854775807", Int64.max),
            ("9223372036854775808", nil), ("-9223372036854775808", nil), ("-", nil), ("--1", nil), ("", nil),
        ] as [(String, Int64?)])
    func integersMayHaveOneMinus(_ text: String, _ number: Int64?) {
        #expect(Decimal.signed(Array(text.utf8)) == number)
    }

    @Test func flagsAreOneOrZero() throws {
        #expect(try field("tty", "1").flag())
        #expect(try !field("tty", "0").flag())
        for bad in ["", "2", "true", "01", "1 "] {
            #expect(throws: WireError.badValue("tty", Array(bad.utf8))) { try field("tty", bad).flag() }
        }
    }

    @Test func absentAndFalseValuesAreNotWritten() {
        var writer = FieldWriter()
        writer.put("a", nil as String?)
        writer.put("b", nil as UInt64?)
        writer.put("c", nil as [UInt8]?)
        writer.put("d", on: false)
        #expect(writer.bytes == [])
        writer.put("d", on: true)
        #expect(writer.bytes == Array("d=1\0".utf8))
    }

    @Test(arguments: [
        "0123456789abcdef0123456789abcdef", "00000000000000000000000000000000",
        "ffffffffffffffffffffffffffffffff", "00000000000000010000000000000002",
    ])
    func idsAre32DigitsAndComeBackAsWritten(_ text: String) throws {
        #expect(try #require(SessionID(Array(text.utf8))).text == text)
    }

    @Test(arguments: [
        "", "0123456789abcdef0123456789abcde", "0123456789abcdef0123456789abcdef0",
        "0123456789ABCDEF0123456789abcdef", "g123456789abcdef0123456789abcdef",
        "0123456789abcdef-123456789abcdef", "../../../../../../../etc/passwd0",
    ])
    func whatIsNoIDIsRefused(_ text: String) {
        #expect(SessionID(Array(text.utf8)) == nil)
    }

    @Test func randomIDsDiffer() {
        #expect(Set((0..<100).map { _ in SessionID.random() }).count == 100)
    }
}
