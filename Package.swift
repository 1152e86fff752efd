// swift-tools-version: 6.2
// Postern: a session inside a Linux guest, run by systemd.

import PackageDescription

/// What every target of ours is held to.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

/// For the modules that the worker is made of. With the trait they are Embedded Swift: what they use of the standard library
/// is compiled into them, and there is no runtime to load, to relocate and to start at each session. `contrib/build` makes
/// the worker so. Without it they are as any others: for the client, which uses two of them, for the tests, and for whoever
/// wants the libraries.
let runtimeless = strict + [.enableExperimentalFeature("Embedded", .when(traits: ["Embedded"]))]

#if arch(arm64)
    let triple = "aarch64-unknown-linux-gnu"
#else
    let triple = "x86_64-unknown-linux-gnu"
#endif
/// The same for the program. (SwiftPM would take a feature for its link, whatever the traits.)
let runtimelessProgram: [SwiftSetting] = [
    .unsafeFlags(["-enable-experimental-feature", "Embedded"], .when(traits: ["Embedded"]))
]
let runtimelessLink: [LinkerSetting] = [
    .unsafeFlags(
        [
            "-enable-experimental-feature", "Embedded",
            // What strings are compared by; beside the libraries that have a runtime.
            "-Xlinker", "-l:../embedded/\(triple)/libswiftUnicodeDataTables.a",
        ], .when(traits: ["Embedded"]))
]

/// How the programs are linked. Both start once per session, so the dynamic loader's work is the product:
/// libstdc++ and libgcc come in statically, relocations are packed (DT_RELR), the image stays PIE.
/// These are unsafeFlags and therefore only ever stand on executables; the library products carry none,
/// so that other packages can depend on them.
let lean: [LinkerSetting] = [
    .unsafeFlags([
        "-use-ld=lld",
        "-L", "\(Context.packageDirectory)/contrib/link",
        "-Xclang-linker", "-static-libgcc",
        "-Xlinker", "-z", "-Xlinker", "pack-relative-relocs",
        "-Xlinker", "-z", "-Xlinker", "now",
        "-Xlinker", "--gc-sections",
        // The static runtime asks for all symbols to be exported; nothing looks them up here.
        "-Xlinker", "--no-export-dynamic",
        // See CStartup.
        "-Xlinker", "--wrap=swift_copyAuxiliaryExecutablePath",
    ])
]

let package = Package(
    name: "postern",
    products: [
        .executable(name: "postern-worker", targets: ["postern-worker"]),
        .executable(name: "postern", targets: ["postern"]),
        .library(name: "PosternWire", targets: ["PosternWire"]),
        .library(name: "PosternClient", targets: ["PosternClient"]),
    ],
    traits: [
        .trait(name: "Embedded", description: "For the worker alone: no Swift runtime, see contrib/build")
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.6.0")
    ],
    targets: [
        .target(
            name: "CPostern",
            cSettings: [.unsafeFlags(["-Wall", "-Wextra", "-Werror"], .when(configuration: .debug))]),
        .target(
            name: "CStartup",
            cSettings: [.unsafeFlags(["-Wall", "-Wextra", "-Werror"], .when(configuration: .debug))]),
        .systemLibrary(name: "CSystemd", pkgConfig: "libsystemd", providers: [.apt(["libsystemd-dev"])]),

        .target(name: "PosternWire", exclude: ["PROTOCOL.md"], swiftSettings: runtimeless),
        .target(name: "PosternSys", dependencies: ["CPostern"], swiftSettings: runtimeless),
        .target(
            name: "PosternSystemd", dependencies: ["CPostern", "CSystemd", "PosternSys"],
            swiftSettings: runtimeless),
        .target(
            name: "PosternSession", dependencies: ["PosternWire", "PosternSys", "PosternSystemd"],
            swiftSettings: runtimeless),
        .executableTarget(
            name: "postern-worker",
            dependencies: ["CStartup", "PosternSession", "PosternSys", "PosternSystemd"],
            swiftSettings: strict + runtimelessProgram, linkerSettings: lean + runtimelessLink),

        .target(name: "PosternClient", dependencies: ["PosternWire", "PosternSys"], swiftSettings: strict),
        .executableTarget(
            name: "postern",
            dependencies: [
                "CStartup", "PosternClient", "PosternSystemd", "PosternSys", "PosternWire",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict, linkerSettings: lean),

        .testTarget(
            name: "PosternWireTests", dependencies: ["PosternWire"], exclude: ["Golden", "Corpus"],
            swiftSettings: strict),
        .testTarget(name: "PosternSysTests", dependencies: ["PosternSys"], swiftSettings: strict),
        .testTarget(name: "PosternSessionTests", dependencies: ["PosternSession"], swiftSettings: strict),
        .testTarget(name: "PosternClientTests", dependencies: ["PosternClient"], swiftSettings: strict),
        .testTarget(
            name: "IntegrationTests", dependencies: ["PosternWire", "PosternSys"], swiftSettings: strict),
    ]
)
