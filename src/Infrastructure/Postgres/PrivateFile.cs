using System.Runtime.Versioning;
using System.Text;

namespace CleanTenancy.Infrastructure.Postgres;

/// <summary>A file that only its owner can read, from its first moment on.</summary>
internal static class PrivateFile
{
    [SupportedOSPlatform("linux")]
    public static void Write(string file, string text)
    {
        // A file that exists keeps its rights, whatever they are.
        File.Delete(file);
        using var stream = new FileStream(file, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        stream.Write(Encoding.ASCII.GetBytes(text));
    }
}
