

cPlaceholder

pStatefulPartitionedCallc8
6

f/
tInitializeTableFromTextFileV2hfilename"Ê