{
  'targets': [
    {
      'target_name': 'shoal_kernels',
      'sources': [
        'kernels/binding.cc',
        'kernels/dispatch.cc',
        'kernels/top-k.cc',
        'kernels/dense-scan/scan.cc',
        'kernels/dense-scan/reference.cc',
        'kernels/dense-scan/avx2.cc',
        'kernels/dense-scan/avx512.cc',
        'kernels/float16/reference.cc',
        'kernels/float16/avx2.cc',
        'kernels/float16/avx512.cc',
        'kernels/mapped-file/mapped-file.cc',
        'kernels/max-sim/documents.cc',
        'kernels/max-sim/reference.cc',
        'kernels/max-sim/avx2.cc',
        'kernels/max-sim/avx512.cc',
        'kernels/nearest-centroid/assign.cc',
        'kernels/nearest-centroid/reference.cc',
        'kernels/nearest-centroid/avx2.cc',
        'kernels/nearest-centroid/avx512.cc',
        'kernels/sparse/sparse.cc',
        'kernels/sparse/reference.cc',
        'kernels/sparse/avx2.cc',
      ],
      'include_dirs': ['.'],
      'defines': ['NAPI_VERSION=8'],
      # The instruction set is chosen inside the files that need one, so none is given here. The two switched-off warnings fire
      # falsely inside g++ 12's own AVX-512 headers.
      'cflags': ['-O3', '-Wall', '-Wextra', '-Werror', '-Wno-uninitialized', '-Wno-maybe-uninitialized'],
      'cflags_cc!': ['-std=gnu++17', '-std=gnu++20'],
      'cflags_cc': ['-std=c++20', '-fno-exceptions', '-fno-rtti', '-ffp-contract=off'],
      'xcode_settings': {
        'CLANG_CXX_LANGUAGE_STANDARD': 'c++20',
        'GCC_OPTIMIZATION_LEVEL': '3',
        'OTHER_CPLUSPLUSFLAGS': ['-ffp-contract=off'],
      },
    },
  ],
}
