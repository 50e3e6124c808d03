#include "scan/attachments.hpp"

#include "mime/mime.hpp"
#include "mime/outline.hpp"
#include "scan/reading.hpp"
#include "scan/scanner.hpp"

#include <algorithm>
#include <optional>

namespace lazaret::scan {

namespace {

std::string name_of(std::string_view what, std::string_view detail) {
    return finding_name("attachment", std::string(what) + (detail.empty() ? "" : ".") + std::string(detail));
}

class Checker {
  public:
    explicit Checker(const AttachmentPolicy& policy) : policy_(policy) {}

    void message(const mime::Message& message, bool is_cut) {
        for (const auto& file : message.attachments)
            attachment(file);
        unread(message, is_cut);
    }

    /// What follows where the message is cut; null: it could not be read.
    void behind(const mime::Outline* outline) {
        if (!outline) return add(policy_.unread, "unread", "size");
        for (const auto& file : outline->files()) {
            named(file);
            if (file.kind == mime::Kind::zip || file.kind == mime::Kind::gzip) add(policy_.unread, "unread", "size");
        }
        limits(outline->truncated_by());
    }

    std::vector<verdict::Finding> findings;

  private:
    void attachment(const mime::Attachment& file) {
        named(file);
        const auto& archive = file.archive;
        if (archive.encrypted) add(policy_.encrypted, "encrypted");
        if (archive.ambiguous) add(policy_.ambiguous, "ambiguous");
        if (archive.has_macros) add(policy_.macros, "macros");
        if (archive.unread) add(policy_.unread, "unread", "method");
        for (const auto& entry : archive.entries) {
            inside(entry, file.traits);
            disguise(entry.traits, entry.kind);
        }
    }

    void named(const mime::Attachment& file) {
        forbidden(file);
        for (const auto& traits : file.traits)
            disguise(traits, file.kind);
    }

    /// What could not be looked at. Of a message that is cut the end is missing anyway.
    void unread(const mime::Message& message, bool is_cut) {
        limits(message.truncated_by);
        if (message.is_fragment) add(policy_.unread, "unread", "fragment");
        if (is_cut) return;
        if (message.irregular) add(policy_.unread, "unread", "structure");
        const auto is_damaged = [](const mime::Attachment& file) { return file.archive.damaged; };
        if (std::any_of(message.attachments.begin(), message.attachments.end(), is_damaged))
            add(policy_.unread, "unread", "damaged");
    }
    void limits(const mime::LimitSet& reached) {
        for (const auto each : mime::all_limits)
            if (reached.has(each)) add(policy_.unread, "unread", mime::name(each));
    }

    void add(const Check& check, std::string_view what, std::string_view detail = {}) {
        report(findings, check, name_of(what, detail));
    }

    bool is_forbidden(const mime::NameTraits& traits) const { return policy_.extensions.count(traits.extension) != 0; }

    const Nature* excuse(const mime::NameTraits& name) const {
        const auto found = policy_.allowed.find(name.extension);
        return found == policy_.allowed.end() ? nullptr : &found->second;
    }
    /// None of the names is allowed with files of that kind.
    bool is_forbidden(mime::Kind kind, const std::vector<mime::NameTraits>& names) const {
        return policy_.kinds.count(kind) != 0 && std::none_of(names.begin(), names.end(), [&](const auto& name) {
            const auto* nature = excuse(name);
            return nature && nature->kinds.count(kind) != 0;
        });
    }
    bool is_forbidden(const std::string& type, const std::vector<mime::NameTraits>& names) const {
        return policy_.types.count(type) != 0 && std::none_of(names.begin(), names.end(), [&](const auto& name) {
            const auto* nature = excuse(name);
            return nature && nature->types.count(type) != 0;
        });
    }

    void forbidden(const mime::Attachment& file) {
        const auto named = std::find_if(file.traits.begin(), file.traits.end(),
                                        [&](const mime::NameTraits& each) { return is_forbidden(each); });
        if (named != file.traits.end()) add(policy_.forbidden, "extension", named->extension);
        else if (is_forbidden(file.kind, file.traits)) add(policy_.forbidden, "kind", mime::name(file.kind));
        else if (is_forbidden(file.declared_type, file.traits)) add(policy_.forbidden, "type", file.declared_type);
    }

    void inside(const mime::ArchiveEntry& entry, const std::vector<mime::NameTraits>& archive) {
        if (is_forbidden(entry.traits)) add(policy_.inside, "inside", entry.traits.extension);
        else if (is_forbidden(entry.kind, {entry.traits}) && is_forbidden(entry.kind, archive))
            add(policy_.inside, "inside", mime::name(entry.kind));
    }

    /// Direction marks and long gaps are also in honest names: what counts is that a program hides behind them.
    void disguise(const mime::NameTraits& traits, mime::Kind kind) {
        const bool runs = traits.runs || is_forbidden(traits) || policy_.kinds.count(kind) != 0;
        if (traits.double_extension || (runs && (traits.reordered || traits.padded))) add(policy_.disguised, "disguised");
    }

    const AttachmentPolicy& policy_;
};

} // namespace

std::vector<verdict::Finding> check_attachments(const mime::Message& message, const AttachmentPolicy& policy) {
    Checker checker(policy);
    checker.message(message, false);
    return std::move(checker.findings);
}

std::vector<verdict::Finding> check_attachments(Reading& reading, const AttachmentPolicy& policy) {
    if (reading.is_plain()) return {};
    Checker checker(policy);
    checker.message(reading.mime(), reading.is_cut());
    if (reading.is_cut()) checker.behind(reading.behind());
    return std::move(checker.findings);
}

} // namespace lazaret::scan
