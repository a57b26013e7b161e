# Homebrew; not tried. The address and the checksum are those of the release's source, which whoever
# publishes it puts in: brew install --build-from-source ./src/package/expressions.rb
class Expressions < Formula
  desc "Live facial-expression recognition with a multi-layer perceptron"
  homepage "https://expressions.invalid"
  url "https://expressions.invalid/expressions_0.1.0.tar.xz"
  license "MIT"

  depends_on "cmake" => :build
  depends_on "pkgconf" => :build
  depends_on "cjson"
  depends_on "ffmpeg"
  depends_on "jpeg-turbo"
  depends_on "libpng"
  depends_on "openblas"
  depends_on "opencv"
  depends_on "sdl2"
  depends_on "sdl2_ttf"
  uses_from_macos "zlib"

  resource "font" do
    url "https://github.com/dejavu-fonts/dejavu-fonts/releases/download/version_2_37/dejavu-fonts-ttf-2.37.tar.bz2"
  end

  def install
    resource("font").stage { (pkgshare/"fonts").install "ttf/DejaVuSans.ttf" }
    ENV.prepend_path "PKG_CONFIG_PATH", Formula["openblas"].opt_lib/"pkgconfig"
    system "cmake", "-S", ".", "-B", "build", "-DBUILD_TESTING=OFF",
           "-DFONT_FILE=#{pkgshare}/fonts/DejaVuSans.ttf", *std_cmake_args
    system "cmake", "--build", "build"
    system "cmake", "--install", "build"
  end

  test do
    assert_match "happy", shell_output("#{bin}/expressions --demo --headless --max-frames 60")
  end
end
