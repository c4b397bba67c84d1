using System.Text;
using CleanTenancy.Domain.Files;

namespace CleanTenancy.UnitTests.Domain.Files;

public sealed class ContentSnifferTests
{
    /// <summary>Latin 1.</summary>
    public static TheoryData<string, string> Beginnings => new()
    {
        { "\u0089PNG\r\n\u001a\n....", "image/png" },
        { "\u0089PNG\r\n\u001a", "application/octet-stream" },
        { "\u00ff\u00d8\u00ff\u00e0", "image/jpeg" },
        { "GIF87a", "image/gif" },
        { "GIF89a<script>", "image/gif" },
        { "GIF88a", "text/plain" },
        { "RIFF\u0001\u0002\u0003\u0004WEBPVP8 ", "image/webp" },
        { "RIFF\u0001\u0002\u0003\u0004WAVEfmt ", "audio/wave" },
        { "%PDF-1.7\n", "application/pdf" },
        { "PK\u0003\u0004", "application/zip" },
        { "\u001f\u008b\u0008\u0000", "application/gzip" },
        { "OggS\0\u0002", "application/ogg" },
        { "\u001a\u0045\u00df\u00a3\u0001", "video/webm" },
        { "\0\0\0\u0014ftypmp42\0\0\0\0isom....", "video/mp4" },
        { "\0\0\0\u0014ftypisom\0\0\0\0mp41....", "video/mp4" },
        { "\0\0\0\u0014ftypqt  \0\0\0\0qt  ....", "application/octet-stream" },
        { "\u00ff\u00ff\u00ff\u00fcftypmp42", "application/octet-stream" },
        { "", "text/plain" },
        { "<!DOCTYPE html><script>alert(1)</script>", "text/plain" },
        { "<html>", "text/plain" },
        { "<?xml version=\"1.0\"?><svg onload=\"alert(1)\"/>", "text/plain" },
        { " \t\r\n\f\u001bescape", "text/plain" },
        { "text\0", "application/octet-stream" },
        { "text\u0007", "application/octet-stream" },
        { "\u00ff\u00feh\0i\0", "application/octet-stream" },
        { "caf\u00e9", "application/octet-stream" },
        { "MZ\u0090\0", "application/octet-stream" },
    };

    [Theory]
    [MemberData(nameof(Beginnings))]
    public void The_first_bytes_say_what_it_is(string beginning, string type) =>
        ContentSniffer.TypeOf(Encoding.Latin1.GetBytes(beginning)).ShouldBe(type);

    [Theory]
    [InlineData("x")]
    [InlineData("é")]
    [InlineData("가")]
    [InlineData("😀")]
    public void A_letter_that_the_header_cuts_is_still_text(string letter)
    {
        for (var shift = 0; shift < 4; shift++)
        {
            var text = new string('x', shift) + string.Concat(Enumerable.Repeat(letter, ContentSniffer.HeaderLength));
            ContentSniffer.TypeOf(Encoding.UTF8.GetBytes(text).AsSpan(0, ContentSniffer.HeaderLength)).ShouldBe("text/plain");
        }
    }

    [Fact]
    public void A_letter_that_the_file_cuts_is_no_text() =>
        ContentSniffer.TypeOf(Encoding.UTF8.GetBytes("봄").AsSpan(0, 2)).ShouldBe("application/octet-stream");

    [Fact]
    public void Nothing_that_a_browser_runs_has_a_name_here()
    {
        var random = new Random(1);
        string[] pieces = ["<html>", "<svg>", "<script>", "GIF89a", "%PDF-", "PK\u0003\u0004", "\0", " ", "<?xml?>", "\u0089PNG\r\n\u001a\n", "{}"];
        for (var round = 0; round < 2_000; round++)
        {
            var content = string.Concat(Enumerable.Range(0, random.Next(1, 5)).Select(_ => pieces[random.Next(pieces.Length)]));
            var type = ContentSniffer.TypeOf(Encoding.Latin1.GetBytes(content));
            (type.Contains("html") || type.Contains("svg") || type.Contains("xml") || type.Contains("script")).ShouldBeFalse(content);
        }
    }
}
