#include "cli/completion.hpp"

#include <algorithm>
#include <cctype>

namespace ratchet::cli {

namespace {

std::string join(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& word : words)
    out.append(out.empty() ? "" : " ").append(word);
  return out;
}

std::vector<std::string> names_of(const std::vector<verb_words>& verbs) {
  std::vector<std::string> out;
  out.reserve(verbs.size());
  for (const auto& verb : verbs)
    out.push_back(verb.name);
  return out;
}

/// A shell function's name out of the program's.
std::string identifier(const std::string& program) {
  std::string out = "_";
  for (const char c : program)
    out += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  return out + "_complete";
}

std::string shell_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text)
    out += c == '\'' ? std::string{"'\\''"} : std::string{c};
  return out + "'";
}

/// "verb) words=...;;" for a verb and for the verbs below it.
void bash_cases(
  std::string& out, const verb_words& verb, const std::string& path) {
  auto words = names_of(verb.verbs);
  words.insert(words.end(), verb.flags.begin(), verb.flags.end());
  out += "    " + shell_quoted(path) + ") words=" + shell_quoted(join(words)) +
    " ;;\n";
  for (const auto& below : verb.verbs)
    bash_cases(out, below, path.empty() ? below.name : path + " " + below.name);
}

/// All verbs as the paths the words of a line may spell.
void paths_of(
  std::string& out, const verb_words& verb, const std::string& path) {
  for (const auto& below : verb.verbs) {
    const auto deeper = path.empty() ? below.name : path + " " + below.name;
    out.append(out.empty() ? "" : "|").append(shell_quoted(deeper));
    paths_of(out, below, deeper);
  }
}

/// Works in bash, and in zsh behind bashcompinit.
std::string bash_script(const std::string& program, const verb_words& root) {
  const auto function = identifier(program);
  std::string paths;
  paths_of(paths, root, "");
  std::string out = function +
    "() {\n"
    "  local path= words word current=\"${COMP_WORDS[COMP_CWORD]}\"\n"
    "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
    "    case \"${path:+$path }$word\" in\n"
    "    " +
    paths +
    ") path=\"${path:+$path }$word\" ;;\n"
    "    esac\n"
    "  done\n"
    "  case \"$path\" in\n";
  bash_cases(out, root, "");
  out += "  esac\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
         "}\n"
         "complete -o default -F " +
    function + " " + program + "\n";
  return out;
}

void fish_lines(
  std::string& out, const std::string& program, const verb_words& verb,
  const std::string& condition) {
  const auto begin =
    "complete -c " + program + " -n " + shell_quoted(condition);
  for (const auto& below : verb.verbs)
    out += begin + " -f -a " + below.name + " -d " +
      shell_quoted(below.summary) + "\n";
  for (const auto& flag : verb.flags)
    out += begin +
      (flag.starts_with("--") ? " -l " + flag.substr(2)
                              : " -s " + flag.substr(1)) +
      "\n";
  for (const auto& below : verb.verbs)
    fish_lines(
      out, program, below, "__fish_seen_subcommand_from " + below.name);
}

} // namespace

result<std::string> completion_script(
  std::string_view shell, const std::string& program, const verb_words& root) {
  if (shell == "bash")
    return bash_script(program, root);
  if (shell == "zsh")
    return "autoload -U +X bashcompinit && bashcompinit\n" +
      bash_script(program, root);
  if (shell == "fish") {
    std::string out;
    fish_lines(out, program, root, "__fish_use_subcommand");
    return out;
  }
  return error{
    errc::invalid_argument,
    "no completion for \"" + std::string{shell} +
      "\"; there is bash, zsh and fish"};
}

} // namespace ratchet::cli
