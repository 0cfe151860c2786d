"""Where the data of a result come from, in a sentence for readers."""

PROVENANCE = {
    "embedded": "Data: the sample embedded in the project, a stand-in. **These are not {dataset} results.**",
    "official": "Data: the official {dataset} files, as far as the parameters let them in.",
    "custom": "Data: {dataset} from a source of the user's own.",
}
