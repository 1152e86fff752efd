import PosternSys
import Testing

extension SysTests {
    @Suite struct Errors {
        @Test func `An error tells the call, the text and the symbol`() {
            let error = SysError(call: "openat", errno: .noEntry)
            #expect(error.description == "openat: No such file or directory (ENOENT)")
            #expect(Errno(rawValue: 4242).name == "E4242")
            #expect(Errno(rawValue: 4242).text == "Error 4242")
        }
    }
}
