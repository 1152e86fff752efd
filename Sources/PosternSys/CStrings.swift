import CPostern

/// A NULL-terminated array of NUL-terminated strings, as execve takes it, in memory of its own.
@safe
struct CStrings: ~Copyable {
    private let array: UnsafeMutablePointer<UnsafePointer<CChar>?>
    private let count: Int

    /// Copies the strings; what follows a NUL inside one is not seen by the kernel, so callers refuse those.
    init(_ strings: [[UInt8]]) {
        count = strings.count
        // SAFETY: owned by this value, every element initialised here, freed in deinit.
        unsafe array = .allocate(capacity: strings.count + 1)
        for (index, string) in strings.enumerated() {
            // SAFETY: string.count + 1 bytes, all of them initialised.
            unsafe (array + index).initialize(to: UnsafePointer(CStrings.copy(string)))
        }
        // SAFETY: the last of the count + 1 elements.
        unsafe (array + strings.count).initialize(to: nil)
    }

    deinit {
        for index in 0..<count {
            // SAFETY: allocated in init, element by element.
            unsafe array[index]?.deallocate()
        }
        // SAFETY: as above.
        unsafe array.deallocate()
    }

    /// The array, valid until this value ends.
    func withArray<Result>(_ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Result) -> Result {
        // SAFETY: the caller's body must not keep it.
        unsafe body(array)
    }

    /// The string at `index`, writable; nil past the end.
    func withString<Result>(at index: Int, _ body: (UnsafeMutablePointer<CChar>?) -> Result) -> Result {
        // SAFETY: the array ends with nil at `count`; the memory was allocated writable.
        unsafe body(UnsafeMutablePointer(mutating: array[min(index, count)]))
    }

    private static func copy(_ string: [UInt8]) -> UnsafeMutablePointer<CChar> {
        // SAFETY: string.count + 1 bytes, each initialised below.
        let memory = UnsafeMutablePointer<CChar>.allocate(capacity: string.count + 1)
        for (index, byte) in string.enumerated() {
            unsafe (memory + index).initialize(to: CChar(bitPattern: byte))
        }
        unsafe (memory + string.count).initialize(to: 0)
        return unsafe memory
    }
}
